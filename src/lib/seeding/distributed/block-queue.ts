import { z } from 'zod'
import { RushbenchError, type ErrorCode } from '../../base/errors/errors.ts'
import { errorAsText } from '../../base/errors/error-text.ts'
import { offerJobs, JobFailure, takeJobs, type OfferedJobs, type TakenJobs } from '../../queue/retried-jobs.ts'
import type { RunIdentity } from '../../queue/run-identity.ts'
import { storedByWorker, type StoredByWorker } from './seed-job.ts'

/** Errors that another try of the same block may not meet. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'database-lost',
  'database-unreachable',
  'database-busy',
  'database-read-only',
  'connections-exhausted',
  'outcome-unknown',
])

/** The queue of one seeding, so that its blocks are on it once, whoever offers them. */
function queueNameOf(seeding: string): string {
  return `seeding-${seeding}`
}

/** Characters of what is said of a block, at most. */
const mostBlockText = 100_000

/** A worker's message of a block on the queue: JSON, and the run's signature of it in hexadecimal. */
const signedBlock = z.strictObject({ said: z.string().max(mostBlockText), signature: z.string().max(100) })

function signedOf(number: number, said: string): readonly string[] {
  return ['block', String(number), said]
}

/** Null for what no worker of the run has said. */
function readBlock(number: number, given: unknown, run: RunIdentity): StoredByWorker | null {
  const found = signedBlock.safeParse(given)
  if (!found.success) return null
  const { said, signature } = found.data
  if (!run.isSigned(Buffer.from(signature, 'hex'), signedOf(number, said))) return null
  return storedByWorker.parse(JSON.parse(said))
}

/** Told what becomes of blocks. */
export interface OfferListener {
  readonly onStored: (number: number, by: StoredByWorker) => void
  /** Somebody who is not of this run says that it is stored. */
  readonly onStranger: (number: number) => void
  /** After its last try. */
  readonly onFailed: (number: number, reason: string) => void
}

/** Opens the blocks of a seeding for workers. Throws `queue-unreachable`. */
export function offerBlocks(
  url: string,
  seeding: string,
  run: RunIdentity,
  { onStored, onStranger, onFailed }: OfferListener,
): Promise<OfferedJobs> {
  return offerJobs(url, queueNameOf(seeding), {
    onDone(number, given) {
      const by = readBlock(number, given, run)
      if (by) onStored(number, by)
      else onStranger(number)
    },
    onFailed,
  })
}

/**
 * Takes blocks of a seeding, `concurrency` of them at a time, and has each stored. One that fails is tried again, here or
 * elsewhere, where its error may pass. Throws `queue-unreachable`.
 */
export function takeBlocks(
  url: string,
  seeding: string,
  by: { readonly worker: string; readonly concurrency: number; readonly run: RunIdentity },
  storeBlock: (number: number) => Promise<StoredByWorker>,
): Promise<TakenJobs> {
  return takeJobs(url, queueNameOf(seeding), by, async (number) => {
    try {
      const said = JSON.stringify(await storeBlock(number))
      return { said, signature: by.run.sign(signedOf(number, said)).toString('hex') }
    } catch (error) {
      if (!(error instanceof RushbenchError)) throw error
      throw new JobFailure(errorAsText(error), !passing.has(error.code), error)
    }
  })
}
