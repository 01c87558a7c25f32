import { Queue, QueueEvents, UnrecoverableError, Worker, type Job } from 'bullmq'
import { RushbenchError, type ErrorCode } from '../../errors.ts'
import { connectPlain } from '../../workers/client.ts'
import { keyPrefix } from '../../workers/names.ts'
import { errorAsText, storedByWorker, type StoredByWorker } from './seed-part.ts'

/** A block whose worker has not said for so long that it works on it is given to another, ms, looked at so often. */
const lockMs = 6000
const stalledCheckMs = 1500
/** So often a block is given to another: it may be the block that its workers die of. */
const mostStalls = 5
/** Tries of a block whose database is away, the pauses doubling from the first, ms: half a minute in all. */
const tries = 7
const firstPauseMs = 500

/** Errors that another try of the same block may not meet. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'database-lost',
  'database-unreachable',
  'database-busy',
  'database-read-only',
  'outcome-unknown',
])

/** Of one seeding, so that its blocks are on it once, whoever offers them. */
function queueNameOf(seeding: string): string {
  return `seeding-${seeding}`
}

/** Told what becomes of blocks. */
export interface BlockListener {
  readonly onStored: (number: number, by: StoredByWorker) => void
  /** After its last try. */
  readonly onFailed: (number: number, reason: string) => void
}

/** Blocks that wait for workers, and those that are being stored. */
export interface OfferedBlocks {
  add(numbers: readonly number[]): Promise<void>
  /** Takes them all from the queue, and what the queue remembers of them. */
  close(): Promise<void>
}

/** Opens the blocks of a seeding for workers; what an earlier coordinator left of them is taken away. */
export async function offerBlocks(
  url: string,
  seeding: string,
  { onStored, onFailed }: BlockListener,
): Promise<OfferedBlocks> {
  const client = await connectPlain(url)
  const options = { connection: client, prefix: keyPrefix }
  const queue = new Queue(queueNameOf(seeding), options)
  const events = new QueueEvents(queueNameOf(seeding), { ...options, lastEventId: '0-0' })
  // Whoever gives signs of life finds out that the queue is away, and says so.
  queue.on('error', () => {})
  events.on('error', () => {})
  await queue.obliterate({ force: true })
  events.on('completed', ({ jobId, returnvalue }) => {
    const value: unknown = typeof returnvalue === 'string' ? JSON.parse(returnvalue) : returnvalue
    const by = storedByWorker.safeParse(value)
    if (by.success) onStored(numberOf(jobId), by.data)
    else onFailed(numberOf(jobId), 'a worker said what rushbench does not understand')
  })
  events.on('failed', ({ jobId, failedReason }) => onFailed(numberOf(jobId), failedReason))
  await events.waitUntilReady()
  const opts = {
    attempts: tries,
    backoff: { type: 'exponential', delay: firstPauseMs },
    removeOnComplete: true,
    removeOnFail: true,
  }
  return {
    async add(numbers) {
      await queue.addBulk(
        numbers.map((number) => ({ name: 'block', data: { number }, opts: { ...opts, jobId: idOf(number) } })),
      )
    },
    async close() {
      if (client.isReady) await queue.obliterate({ force: true }).catch(() => {})
      await Promise.allSettled([events.close(), queue.close()])
      client.destroy()
    },
  }
}

/** BullMQ takes no plain number for an id. */
function idOf(number: number): string {
  return `block-${number}`
}

function numberOf(id: string): number {
  return Number(id.slice('block-'.length))
}

/** Blocks that are being stored by this process. */
export interface TakenBlocks {
  /** Takes no more; resolves when those that were begun have ended. */
  close(): Promise<void>
}

/**
 * Takes blocks of a seeding, `concurrency` of them at a time, and has each stored. One that fails is tried again, here or
 * elsewhere, where its error may pass.
 */
export async function takeBlocks(
  url: string,
  seeding: string,
  { worker: name, concurrency }: { readonly worker: string; readonly concurrency: number },
  storeBlock: (number: number) => Promise<StoredByWorker>,
): Promise<TakenBlocks> {
  const client = await connectPlain(url)

  async function process({ id = '' }: Job): Promise<StoredByWorker> {
    try {
      return await storeBlock(numberOf(id))
    } catch (error) {
      if (!(error instanceof RushbenchError)) throw error
      const told = errorAsText(error)
      throw passing.has(error.code) ? new Error(told, { cause: error }) : new UnrecoverableError(told)
    }
  }

  const worker = new Worker(queueNameOf(seeding), process, {
    connection: client,
    prefix: keyPrefix,
    name,
    concurrency,
    lockDuration: lockMs,
    stalledInterval: stalledCheckMs,
    maxStalledCount: mostStalls,
    runRetryDelay: 500,
  })
  // Whoever follows the coordinator's signs of life finds out that the queue is away.
  worker.on('error', () => {})
  await worker.waitUntilReady()
  return {
    async close() {
      await worker.close()
      client.destroy()
    },
  }
}
