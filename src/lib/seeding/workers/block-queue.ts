import { RushbenchError, type ErrorCode } from '../../errors.ts'
import { errorAsText } from '../../workers/error-text.ts'
import { offerPieces, PieceFailure, takePieces, type OfferedPieces, type TakenPieces } from '../../workers/pieces.ts'
import { storedByWorker, type StoredByWorker } from './seed-part.ts'

/** Errors that another try of the same block may not meet. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'database-lost',
  'database-unreachable',
  'database-busy',
  'database-read-only',
  'connections-exhausted',
  'outcome-unknown',
])

/** Of one seeding, so that its blocks are on it once, whoever offers them. */
function queueNameOf(seeding: string): string {
  return `seeding-${seeding}`
}

/** Told what becomes of blocks. */
export interface OfferListener {
  readonly onStored: (number: number, by: StoredByWorker) => void
  /** After its last try. */
  readonly onFailed: (number: number, reason: string) => void
}

/** Opens the blocks of a seeding for workers. Throws `queue-unreachable`. */
export function offerBlocks(
  url: string,
  seeding: string,
  { onStored, onFailed }: OfferListener,
): Promise<OfferedPieces> {
  return offerPieces(url, queueNameOf(seeding), {
    onDone(number, said) {
      const by = storedByWorker.safeParse(said)
      if (by.success) onStored(number, by.data)
      else onFailed(number, 'a worker said what rushbench does not understand')
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
  by: { readonly worker: string; readonly concurrency: number },
  storeBlock: (number: number) => Promise<StoredByWorker>,
): Promise<TakenPieces> {
  return takePieces(url, queueNameOf(seeding), by, async (number) => {
    try {
      return await storeBlock(number)
    } catch (error) {
      if (!(error instanceof RushbenchError)) throw error
      throw new PieceFailure(errorAsText(error), !passing.has(error.code), error)
    }
  })
}
