import { setImmediate as nextTurn } from 'node:timers/promises'
import { ignoreFailure } from '../base/abort.ts'
import type { Database, InsertStrategy } from '../ports/database.ts'
import { RushbenchError } from '../base/errors/errors.ts'
import { chooseStrategy, openBlockStore } from './block-store.ts'
import { planBlocks, type BlockPlan } from './blocks.ts'
import type { RowSum } from './checksum.ts'
import { beginJournal, isDeferred, readStored, removeJournal, type Journal } from './journal.ts'
import { explainLoss, releaseLease, renewLease, requireLease } from './lease.ts'
import { rowsOf, type SeedRecipe, type SeedTarget } from './recipe.ts'
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

/**
 * Begins a seeding and stores its rows by the engine's fastest bulk strategy, a block at a time. Each block is committed
 * with its counters and its entry in the journal, so that the seeding can be gone on with wherever it stops. `before`
 * is what the table holds, where it is known. Throws `seeding-unfinished`, `rows-differ`, and what the engine throws.
 */
export async function seedRows<R extends object>(
  database: Database,
  target: SeedTarget<R>,
  recipe: SeedRecipe,
  options: SeedOptions,
  before: RowSum | null = null,
): Promise<SeedResult> {
  const journal = await beginJournal(database, recipe, before)
  try {
    return await resumeSeeding(database, target, journal, options)
  } finally {
    await releaseLease(database)
  }
}

/** Callbacks for blocks while they are stored. */
export interface BlockListener {
  readonly onStored: (plan: BlockPlan) => void
  /** The database has lost it again: it crashed, and had not waited for the disk. */
  readonly onLost: (plan: BlockPlan) => void
}

/** Stores blocks and tells of each; resolves before all are stored when it is told to end. */
export type StoreBlocks = (missing: readonly BlockPlan[], listener: BlockListener) => Promise<void>

/**
 * Stores those of the journal's blocks that are missing, then makes indexes and counters that had to wait. `elsewhere`
 * has them stored by others.
 */
export async function resumeSeeding<R extends object>(
  database: Database,
  target: SeedTarget<R>,
  journal: Journal,
  options: SeedOptions,
  elsewhere?: StoreBlocks,
): Promise<SeedResult> {
  const { recipe, stored } = journal
  const startedAt = performance.now()
  const { strategy, passedOver } = await chooseStrategy(database)
  if (recipe.indexes === 'after') await database.dropIndexes(target.layout.table)
  const plans = planBlocks(recipe.parents)
  const total = rowsOf(recipe)
  const resumedAt = sumRows(plans.filter(({ number }) => stored.has(number)))
  let done = resumedAt
  const missing = plans.filter(({ number }) => !stored.has(number))
  const store = elsewhere ?? storeHere(database, target, recipe, strategy, options)
  try {
    await explained(
      database,
      store(missing, {
        onStored({ rows }) {
          done += rows
          options.onProgress({ done, total })
        },
        onLost({ rows }) {
          done -= rows
        },
      }),
    )
  } catch (error) {
    if (!elsewhere && recipe.indexes === 'before' && isRightMissing(error)) await ignoreFailure(forgetEmpty(database))
    throw error
  }
  const loadedAt = performance.now()
  // A process that has lost the lease leaves the rest to the one that has taken it.
  await renewLease(database)
  if (done === total) await finishSeeding(database, target, recipe)
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

/** Takes back the journal where no block is stored: there is nothing to go on with. */
async function forgetEmpty(database: Database): Promise<void> {
  if (database.traits.transactions && (await readStored(database)).size === 0) await removeJournal(database)
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

function storeHere<R extends object>(
  database: Database,
  target: SeedTarget<R>,
  recipe: SeedRecipe,
  strategy: InsertStrategy,
  options: SeedOptions,
): StoreBlocks {
  return async (missing, { onStored }) => {
    const store = await openBlockStore(database, target, recipe, strategy)
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
}

/** Makes the indexes and counters that had to wait, and forgets the seeding: its rows stay, missing ones stay out. */
export async function finishSeeding<R extends object>(
  database: Database,
  { layout, counter }: SeedTarget<R>,
  recipe: SeedRecipe,
): Promise<void> {
  const first = recipe.parents[0]
  const last = recipe.parents.at(-1)
  if (recipe.indexes === 'after') await database.createIndexes(layout.table)
  if (first && last && isDeferred(database, recipe)) await database.recount(counter, { from: first.key, to: last.key })
  await removeJournal(database)
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

function sumRows(plans: readonly BlockPlan[]): number {
  return plans.reduce((sum, { rows }) => sum + rows, 0)
}
