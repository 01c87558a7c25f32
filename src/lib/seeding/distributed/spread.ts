import { ignoreFailure } from '../../base/abort.ts'
import type { Database } from '../../ports/database.ts'
import { addRetries } from '../../adapters/databases/retry.ts'
import { redactUrl } from '../../base/redact-url.ts'
import { failure } from '../../base/errors/errors.ts'
import { readError } from '../../base/errors/error-text.ts'
import { connectQueue } from '../../queue/client.ts'
import { openCommands } from '../../queue/commands.ts'
import type { OfferedJobs } from '../../queue/retried-jobs.ts'
import { countStrangers, createRunIdentity } from '../../queue/run-identity.ts'
import type { BlockPlan } from '../blocks.ts'
import { readStored } from '../journal.ts'
import { offerBlocks } from './block-queue.ts'
import { createWorkerPool, createEnd, type End, type SpreadOptions } from './worker-pool.ts'
import type { StoredByWorker } from './seed-job.ts'
import type { RetryCounts } from '../../ports/database-facts.ts'
import type { BlockListener, StoreBlocks } from '../run-blocks.ts'
import { reservationJournal, type SeedJournal } from '../reservation-journal.ts'

/** One worker's share of a seeding. */
export interface WorkerShare {
  readonly name: string
  readonly blocks: number
  readonly rows: number
}

/** A seeding that others do. */
export interface SpreadSeeding {
  readonly store: StoreBlocks<BlockPlan>
  /** Shares of the workers that have stored something, by name. Blocks of which a lost worker had not told are nobody's. */
  workers(): readonly WorkerShare[]
  /** Retries that their databases demanded of the workers. */
  retries(): RetryCounts
}

/** Blocks on the queue at the same time: enough that no worker waits for the next. */
const offeredPerLoader = 2
/**
 * Has the blocks of a seeding stored by workers on a queue. Each is a job, which another worker gets when the first is lost;
 * in the end the journal in the database has the say of what is stored. Throws `queue-unreachable`, `queue-lost`,
 * `workers-missing`, `seeding-stuck`, and what a worker refuses.
 */
export function spreadSeeding(database: Database, journal: SeedJournal, options: SpreadOptions): SpreadSeeding {
  const shares = new Map<string, { blocks: number; rows: number; retries: RetryCounts }>()

  function credit({ worker, rows, retries }: StoredByWorker): void {
    const share = shares.get(worker) ?? { blocks: 0, rows: 0, retries }
    shares.set(worker, { blocks: share.blocks + (rows > 0 ? 1 : 0), rows: share.rows + rows, retries })
  }

  return {
    store: (missing, listener) => storeAll(database, journal, options, { missing, ...listener, credit }),
    workers: () =>
      [...shares]
        .filter(([, { blocks }]) => blocks > 0)
        .map(([name, { blocks, rows }]) => ({ name, blocks, rows }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    retries: () => addRetries([...shares.values()].map(({ retries }) => retries)),
  }
}

interface Assignment extends BlockListener<BlockPlan> {
  readonly missing: readonly BlockPlan[]
  readonly credit: (by: StoredByWorker) => void
}

/** How long workers may take over the blocks that they have begun when the seeding is to end before all is stored, ms. */
const lastBlocksMs = 20_000
/** And afterwards, when nothing that they could still do would change a row. */
const farewellMs = 2000

/** So often are blocks stored again that the database has lost. */
const mostRounds = 5

async function storeAll(
  database: Database,
  journal: SeedJournal,
  options: SpreadOptions,
  { missing, onStored, onLost, credit }: Assignment,
): Promise<void> {
  const left = new Map(missing.map((plan) => [plan.number, plan]))
  const tell = (number: number): void => {
    const plan = left.get(number)
    if (plan && left.delete(number)) onStored(plan)
  }
  for (let round = 1; left.size > 0 && !options.signal.aborted; round++) {
    const [first] = left.keys()
    if (round > mostRounds) throw failure('seeding-stuck', { block: first ?? 0, reason: 'the database lost it again' })
    const end = createEnd(options.signal)
    await storeOnce(journal, options, end, { database, left, tell, credit })
    // The queue tells what workers said; the database, which may have crashed since, knows what is stored.
    const stored = await readStored(database, reservationJournal)
    for (const number of stored) tell(number)
    for (const plan of missing) {
      if (stored.has(plan.number) || left.has(plan.number)) continue
      left.set(plan.number, plan)
      onLost(plan)
    }
    end.check()
  }
}

interface Round {
  readonly database: Database
  readonly left: ReadonlyMap<number, BlockPlan>
  readonly tell: (number: number) => void
  readonly credit: (by: StoredByWorker) => void
}

/** Has workers store what is left, until they have said so of all of it or it is to end. */
async function storeOnce(
  journal: SeedJournal,
  options: SpreadOptions,
  end: End,
  { database, left, tell, credit }: Round,
): Promise<void> {
  using stack = new DisposableStack()
  const run = createRunIdentity()
  const strangers = countStrangers(options.onNote)
  stack.defer(() => strangers.finish())
  const client = stack.adopt(await connectQueue(options.queue), (queue) => queue.destroy())
  let isLost = false
  const commands = await openCommands(client, run, (reason) => {
    isLost = true
    end.fail(failure('queue-lost', { url: redactUrl(options.queue), reason }))
  })
  const offers = createOffers(left, options, end)
  const blocks = await offerBlocks(options.queue, journal.id, run, {
    onStored(number, by) {
      credit(by)
      tell(number)
      if (left.size === 0) end.stop()
      else offers.fill()
    },
    onStranger(number) {
      strangers.add()
      // A worker of a coordinator that is gone may have stored it; one of this run looks, and says so.
      if (left.has(number)) offers.again(number)
    },
    onFailed: (number, reason) => end.fail(errorOf(number, reason)),
  })
  offers.open(blocks)
  const { version, connections } = options
  const job = { version, run: run.id, key: run.key, seeding: journal.id, database: database.url, connections }
  const pool = createWorkerPool(job, options, end)
  try {
    await pool.call()
    await end.reached
  } finally {
    if (!isLost) await ignoreFailure(commands.send({ kind: 'stop' }))
    const patienceMs = left.size === 0 ? farewellMs : lastBlocksMs
    await pool.dismiss(isLost ? 0 : patienceMs, isLost)
    const closing = ignoreFailure(commands.close())
    if (!isLost) await closing
    await blocks.close()
    if (client.isReady) await ignoreFailure(client.del(run.keys.telemetry))
  }
}

/** Keeps some blocks on the queue, and the others in mind. */
function createOffers(left: ReadonlyMap<number, BlockPlan>, { workers, connections }: SpreadOptions, end: End) {
  const most = workers * connections * offeredPerLoader
  const waiting = [...left.keys()]
  let offered = 0
  let opened: OfferedJobs | null = null
  let adding = false

  async function fill(): Promise<void> {
    if (!opened || adding) return
    adding = true
    try {
      for (;;) {
        const room = most - countUnderWay()
        const next = waiting.slice(offered, offered + room)
        // In batches: a round trip for each block would be more than most blocks are worth.
        if (end.isReached() || next.length === 0 || (room < most / 2 && offered + room < waiting.length)) return
        offered += next.length
        await opened.add(next)
      }
    } catch (error) {
      end.fail(error as Error)
    } finally {
      adding = false
    }
  }

  /** Blocks that were offered and are not stored. */
  function countUnderWay(): number {
    return left.size - (waiting.length - offered)
  }

  return {
    fill: () => void fill(),
    /** Offers a block that is not on the queue any more, though it is not known to be stored. */
    again(number: number): void {
      opened?.add([number]).catch((error: Error) => end.fail(error))
    },
    open(blocks: OfferedJobs) {
      opened = blocks
      void fill()
    },
  }
}

function errorOf(number: number, reason: string): Error {
  const known = readError(reason)
  if (known?.code === 'rows-differ' || known?.code === 'disk-full') return known
  return failure('seeding-stuck', { block: number, reason: known?.message.replace(/\.$/, '') ?? reason })
}
