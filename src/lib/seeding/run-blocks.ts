import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database, InsertStrategy } from '../ports/database.ts'
import { RushbenchError } from '../base/errors/errors.ts'
import { chooseStrategy, type BlockStore, type NumberedBlock } from './block-store.ts'
import { explainLoss, renewLease, requireLease } from './lease.ts'
import type { Progress } from '../base/progress.ts'

/** How a seeding is run; none of it changes the rows. */
export interface SeedOptions {
  /** Blocks that are loaded at the same time, each on a connection of its own. */
  readonly connections: number
  readonly onProgress: (progress: Progress) => void
  readonly signal?: AbortSignal
}

export interface SeedResult {
  /** Stored by this run. */
  readonly rows: number
  /** Stored by the runs that this one went on from. */
  readonly resumedAt: number
  readonly seconds: number
  /** The share of `seconds` that went to indexes and counters, which had to wait for the rows. */
  readonly finishSeconds: number
  readonly rowsPerSecond: number
  /** The most memory that this process had, MB. */
  readonly maxRssMb: number
  readonly strategy: string
  readonly durability: string
  /** Why each faster strategy was passed over; empty when the fastest was taken. */
  readonly passedOver: readonly string[]
  /** The signal aborted before all rows were stored; those that were are whole blocks. */
  readonly interrupted: boolean
}

/** Callbacks for blocks while they are stored. */
export interface BlockListener<Plan extends NumberedBlock> {
  readonly onStored: (plan: Plan) => void
  /** The database has lost it again: it crashed, and had not waited for the disk. */
  readonly onLost: (plan: Plan) => void
}

/** Stores blocks and tells of each; resolves before all are stored when it is told to end. */
export type StoreBlocks<Plan extends NumberedBlock> = (
  missing: readonly Plan[],
  listener: BlockListener<Plan>,
) => Promise<void>

/** The blocks of a seeding whose journal is there, with its lease. */
export interface BlockRun<Plan extends NumberedBlock> {
  readonly plans: readonly Plan[]
  /** Numbers of those that are stored. */
  readonly stored: ReadonlySet<number>
  /** Opens the bulk strategy for them. */
  open(strategy: InsertStrategy): Promise<BlockStore<Plan>>
  /** Has them stored by others. */
  readonly elsewhere?: StoreBlocks<Plan> | undefined
  /** Called before the first is stored. */
  prepare(): Promise<void>
  /** Does what had to wait for all of them, and forgets the journal. */
  finish(): Promise<void>
  /** Told that the server refuses the rows, and keeps none of them. */
  onRefused(): Promise<void>
}

/** Stores those blocks that are missing, by the engine's fastest bulk strategy, then does what had to wait for them. */
export async function runBlocks<Plan extends NumberedBlock>(
  database: Database,
  run: BlockRun<Plan>,
  options: SeedOptions,
): Promise<SeedResult> {
  const startedAt = performance.now()
  const { strategy, passedOver } = await chooseStrategy(database)
  await run.prepare()
  const { plans, stored, elsewhere } = run
  const total = sumRows(plans)
  const resumedAt = sumRows(plans.filter(({ number }) => stored.has(number)))
  let done = resumedAt
  const missing = plans.filter(({ number }) => !stored.has(number))
  const listener: BlockListener<Plan> = {
    onStored({ rows }) {
      done += rows
      options.onProgress({ done, total })
    },
    onLost({ rows }) {
      done -= rows
    },
  }
  try {
    await explained(
      database,
      elsewhere ? elsewhere(missing, listener) : storeHere(database, run, strategy, missing, listener, options),
    )
  } catch (error) {
    if (!elsewhere && isRightMissing(error)) await run.onRefused()
    throw error
  }
  const loadedAt = performance.now()
  // A process that has lost the lease leaves the rest to the one that has taken it.
  await renewLease(database)
  if (done === total) await run.finish()
  const endedAt = performance.now()
  const seconds = (endedAt - startedAt) / 1000
  return {
    rows: done - resumedAt,
    resumedAt,
    seconds,
    finishSeconds: (endedAt - loadedAt) / 1000,
    rowsPerSecond: seconds > 0 ? (done - resumedAt) / seconds : 0,
    maxRssMb: process.resourceUsage().maxRSS / 1024,
    strategy: strategy.name,
    durability: strategy.durability,
    passedOver,
    interrupted: done < total,
  }
}

/** The server has refused the rows and keeps none of them; of most other errors nobody knows. */
function isRightMissing(error: unknown): boolean {
  return error instanceof RushbenchError && error.code === 'right-missing'
}

/** Replaces an error by its cause where another process has taken the seeding away. */
async function explained(database: Database, storing: Promise<void>): Promise<void> {
  try {
    await storing
  } catch (error) {
    throw (await explainLoss(database)) ?? error
  }
}

async function storeHere<Plan extends NumberedBlock>(
  database: Database,
  run: BlockRun<Plan>,
  strategy: InsertStrategy,
  missing: readonly Plan[],
  { onStored }: BlockListener<Plan>,
  options: SeedOptions,
): Promise<void> {
  const store = await run.open(strategy)
  try {
    await inParallel(missing, options, () => {
      const load = store.createLoader()
      return async (plan) => {
        requireLease(database)
        await load(plan)
        onStored(plan)
      }
    })
  } finally {
    await store.close()
  }
}

/** Works through `items` with so many workers; the first error, or the signal, stops all after what they have begun. */
async function inParallel<T>(
  items: readonly T[],
  { connections, signal }: SeedOptions,
  createWork: () => (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  let failed = false
  const worker = async (): Promise<void> => {
    const work = createWork()
    for (const item of queue) {
      if (failed || signal?.aborted) return
      try {
        await work(item)
      } catch (error) {
        failed = true
        throw error
      }
      // SQLite never waits; without a turn of the event loop Ctrl-C would not be heard until the end.
      await nextTurn()
    }
  }
  const results = await Promise.allSettled(Array.from({ length: connections }, worker))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

function sumRows(plans: readonly NumberedBlock[]): number {
  return plans.reduce((sum, { rows }) => sum + rows, 0)
}
