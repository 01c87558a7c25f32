import { setTimeout as sleep } from 'node:timers/promises'
import { onAbort } from '../../base/abort.ts'
import type { Database } from '../../ports/database.ts'
import { failure, RushbenchError } from '../../base/errors/errors.ts'
import { errorAsText } from '../../base/errors/error-text.ts'
import { connectQueue } from '../../queue/client.ts'
import { followCommands } from '../../queue/commands.ts'
import { countStrangers, runIdentity, type RunIdentity } from '../../queue/run-identity.ts'
import { chooseStrategy, openBlockStore } from '../block-store.ts'
import { isBlockStored, readJournal } from '../journal.ts'
import { takeBlocks } from './block-queue.ts'
import { seedJob, versionedSeedJob, type SeedJob, type StoredByWorker } from './seed-job.ts'
import { whyWrong } from '../../base/parse-values.ts'
import type { SeedTarget } from '../recipe.ts'
import { reservationJournal } from '../reservation-journal.ts'

/** A worker, as it takes jobs of seedings. */
export interface SeedWorker<R extends object> {
  readonly queue: string
  readonly name: string
  /** The version of rushbench. */
  readonly version: string
  /** The worker's own database; null when it was given none. */
  readonly openDatabase: ((poolSize: number) => Promise<Database>) | null
  readonly target: SeedTarget<R>
  /** Ends the job under way. */
  readonly signal: AbortSignal
  /** Told what becomes of each job. */
  readonly onSeed: (event: SeedEvent) => void
  /** Told what a person has to know of the queue. */
  readonly onNote: (text: string) => void
}

/** A step in the life of a job. */
export type SeedEvent = { readonly seeding: string } & (
  | { readonly event: 'begun' }
  /** `reason`: why before the end of the seeding; null when it was told to. */
  | { readonly event: 'ended'; readonly blocks: number; readonly rows: number; readonly reason: string | null }
  | { readonly event: 'refused'; readonly reason: string }
)

/** The longest wait for the queue, which may be away, once the blocks that were begun are stored, ms. */
const lastWordsMs = 1000

/**
 * Stores blocks of a seeding until its coordinator says that it is over, or is gone. Throws an Error that holds, as JSON, why it was refused.
 */
export async function workOnSeeding<R extends object>(
  data: unknown,
  lost: AbortSignal,
  worker: SeedWorker<R>,
): Promise<void> {
  try {
    await followSeeding(readSeedJob(data, worker), lost, worker)
  } catch (error) {
    if (!(error instanceof RushbenchError)) throw error
    worker.onSeed({ seeding: seedJob.safeParse(data).data?.seeding ?? '', event: 'refused', reason: error.message })
    throw new Error(errorAsText(error), { cause: error })
  }
}

function readSeedJob(
  data: unknown,
  { name: worker, version: own }: Pick<SeedWorker<object>, 'name' | 'version'>,
): SeedJob {
  try {
    const { version } = versionedSeedJob.parse(data)
    if (version !== own) throw failure('worker-version', { worker, own, wanted: version })
    return seedJob.parse(data)
  } catch (error) {
    if (error instanceof RushbenchError) throw error
    throw failure('worker-refuses-load', { worker, reason: whyWrong(error) }, error)
  }
}

async function followSeeding<R extends object>(job: SeedJob, lost: AbortSignal, worker: SeedWorker<R>): Promise<void> {
  using stack = new DisposableStack()
  const strangers = countStrangers(worker.onNote)
  stack.defer(() => strangers.finish())
  const client = stack.adopt(await connectQueue(worker.queue), (queue) => queue.destroy())
  const ended = Promise.withResolvers<string | null>()
  stack.defer(onAbort(worker.signal, () => ended.resolve('it was stopped')))
  stack.defer(onAbort(lost, () => ended.resolve('the queue gave its job up')))
  const over = new AbortController()
  stack.defer(() => over.abort())
  const run = runIdentity(job.run, job.key)
  // Its coordinator is gone.
  if ((await client.exists(run.keys.commands)) === 0) return
  followCommands(client, run, {
    onStranger: () => strangers.add(),
    onCommand: ({ kind }) => {
      if (kind === 'stop') ended.resolve(null)
    },
    onGone: () => ended.resolve('the coordinator gave no sign of life'),
    signal: over.signal,
  })
  await storeUntil(ended.promise, run, job, worker)
}

async function storeUntil<R extends object>(
  ended: Promise<string | null>,
  run: RunIdentity,
  job: SeedJob,
  seedWorker: SeedWorker<R>,
): Promise<void> {
  const { queue, name: worker, target, onSeed } = seedWorker
  const { seeding, connections } = job
  await using database = await openSeeded(job, seedWorker)
  const journal = await readJournal(database, reservationJournal)
  if (journal?.id !== seeding) {
    throw failure('worker-other-database', { worker, own: database.url, wanted: job.database })
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
    if (await isBlockStored(database, reservationJournal, number))
      return { worker, rows: 0, retries: { ...database.retries() } }
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
  onSeed({ seeding, event: 'begun' })
  const reason = await ended
  const closing = blocks.close()
  await Promise.allSettled(loading)
  await Promise.race([closing, sleep(lastWordsMs, undefined, { ref: false })])
  await store.close()
  onSeed({ seeding, event: 'ended', ...done, reason })
}

async function openSeeded(
  job: SeedJob,
  { name, openDatabase }: Pick<SeedWorker<object>, 'name' | 'openDatabase'>,
): Promise<Database> {
  if (!openDatabase) throw failure('worker-without-database', { worker: name, database: job.database })
  // One more for the questions whether a block is stored.
  return openDatabase(job.connections + 1)
}
