import { setTimeout as sleep } from 'node:timers/promises'
import { onAbort } from '../../base/abort.ts'
import type { Database } from '../../ports/database.ts'
import { failure, RushbenchError } from '../../base/errors/errors.ts'
import { errorAsText } from '../../base/errors/error-text.ts'
import { connectQueue } from '../../queue/client.ts'
import { followOrders } from '../../queue/orders.ts'
import { countStrangers, runIdentity, type RunIdentity } from '../../queue/run-identity.ts'
import { whyWrong } from '../../base/why-wrong.ts'
import { chooseStrategy, openBlockStore } from '../block-store.ts'
import { isBlockStored, readJournal } from '../journal.ts'
import type { SeedTarget } from '../seed.ts'
import { takeBlocks } from './block-queue.ts'
import { ownSeedPart, seedPart, type SeedPart, type StoredByWorker } from './seed-part.ts'

/** A worker, as it takes parts of seedings. */
export interface SeedTaker {
  /** URL of the queue. */
  readonly queue: string
  readonly name: string
  /** Of rushbench. */
  readonly version: string
  /** The worker's own database; null when it was given none. */
  readonly openDatabase: ((poolSize: number) => Promise<Database>) | null
  readonly target: SeedTarget<object>
  /** Ends the part under way. */
  readonly signal: AbortSignal
  /** Told what becomes of each part. */
  readonly onPart: (event: SeedPartEvent) => void
  /** Told what a person has to know of the queue. */
  readonly onNote: (text: string) => void
}

/** What a worker says of its part in a seeding. */
export type SeedPartEvent = { readonly seeding: string } & (
  | { readonly event: 'begun' }
  /** `reason`: why before the end of the seeding; null when it was told to. */
  | { readonly event: 'ended'; readonly blocks: number; readonly rows: number; readonly reason: string | null }
  | { readonly event: 'refused'; readonly reason: string }
)

/** How long the queue is waited for once the blocks that were begun are stored, ms: it may be away. */
const lastWordsMs = 1000

/**
 * Stores blocks of a seeding until its coordinator says that it is over, or is gone. Throws an Error that holds, as JSON, why it was refused.
 */
export async function runSeedPart(data: unknown, lost: AbortSignal, taker: SeedTaker): Promise<void> {
  try {
    await followSeeding(readPart(data, taker), lost, taker)
  } catch (error) {
    if (!(error instanceof RushbenchError)) throw error
    taker.onPart({ seeding: ownSeedPart.safeParse(data).data?.seeding ?? '', event: 'refused', reason: error.message })
    throw new Error(errorAsText(error), { cause: error })
  }
}

function readPart(data: unknown, { name: worker, version: own }: SeedTaker): SeedPart {
  try {
    const { version } = seedPart.parse(data)
    if (version !== own) throw failure('worker-version', { worker, own, wanted: version })
    return ownSeedPart.parse(data)
  } catch (error) {
    if (error instanceof RushbenchError) throw error
    throw failure('worker-refuses-load', { worker, reason: whyWrong(error) }, error)
  }
}

async function followSeeding(part: SeedPart, lost: AbortSignal, taker: SeedTaker): Promise<void> {
  const client = await connectQueue(taker.queue)
  const over = new AbortController()
  const ended = Promise.withResolvers<string | null>()
  const listening = [
    onAbort(taker.signal, () => ended.resolve('it was stopped')),
    onAbort(lost, () => ended.resolve('the queue gave its part up')),
  ]
  const run = runIdentity(part.run, part.key)
  const strangers = countStrangers(taker.onNote)
  try {
    // Its coordinator is gone.
    if ((await client.exists(run.keys.orders)) === 0) return
    followOrders(client, run, {
      onStranger: () => strangers.add(),
      onOrder: ({ kind }) => {
        if (kind === 'stop') ended.resolve(null)
      },
      onGone: () => ended.resolve('the coordinator gave no sign of life'),
      signal: over.signal,
    })
    await storeUntil(ended.promise, run, part, taker)
  } finally {
    over.abort()
    for (const stopListening of listening) stopListening()
    client.destroy()
    strangers.finish()
  }
}

async function storeUntil(
  ended: Promise<string | null>,
  run: RunIdentity,
  part: SeedPart,
  taker: SeedTaker,
): Promise<void> {
  const { queue, name: worker, target, onPart } = taker
  const { seeding, connections } = part
  await using database = await openSeeded(part, taker)
  const journal = await readJournal(database)
  if (journal?.id !== seeding) {
    throw failure('worker-other-database', { worker, own: database.url, wanted: part.database })
  }
  const { strategy } = await chooseStrategy(database)
  const store = await openBlockStore(database, target, journal.recipe, strategy)
  const done = { blocks: 0, rows: 0 }
  const idle: ReturnType<typeof store.createLoader>[] = []
  const loading = new Set<Promise<StoredByWorker>>()

  async function storeBlock(number: number): Promise<StoredByWorker> {
    const plan = store.plans[number]
    if (!plan) throw new TypeError(`there is no block ${number} in this seeding`)
    // By a worker that was lost before it could say so.
    if (await isBlockStored(database, number)) return { worker, rows: 0, retries: { ...database.retries() } }
    const load = idle.pop() ?? store.createLoader()
    try {
      await load(plan)
    } finally {
      idle.push(load)
    }
    done.blocks++
    done.rows += plan.rows
    return { worker, rows: plan.rows, retries: { ...database.retries() } }
  }

  const blocks = await takeBlocks(queue, seeding, { worker, concurrency: connections, run }, async (number) => {
    const block = storeBlock(number)
    loading.add(block)
    try {
      return await block
    } finally {
      loading.delete(block)
    }
  })
  onPart({ seeding, event: 'begun' })
  const reason = await ended
  const closing = blocks.close()
  await Promise.allSettled(loading)
  await Promise.race([closing, sleep(lastWordsMs, undefined, { ref: false })])
  await store.close()
  onPart({ seeding, event: 'ended', ...done, reason })
}

async function openSeeded(part: SeedPart, { name, openDatabase }: SeedTaker): Promise<Database> {
  if (!openDatabase) throw failure('worker-without-database', { worker: name, database: part.database })
  // One more for the questions whether a block is stored.
  return openDatabase(part.connections + 1)
}
