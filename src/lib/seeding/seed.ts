import { ignoreFailure } from '../base/abort.ts'
import type { Database, InsertStrategy } from '../ports/database.ts'
import { openBlockStore } from './block-store.ts'
import { planBlocks, type BlockPlan } from './blocks.ts'
import type { RowSum } from './checksum.ts'
import { beginJournal, readStored, removeJournal } from './journal.ts'
import { releaseLease } from './lease.ts'
import type { SeedRecipe, SeedTarget } from './recipe.ts'
import { isDeferred, reservationJournal, type SeedJournal } from './reservation-journal.ts'
import { runBlocks, type SeedOptions, type SeedResult, type StoreBlocks } from './run-blocks.ts'

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
  const journal = await beginJournal(database, reservationJournal, recipe, before)
  try {
    return await resumeSeeding(database, target, journal, options)
  } finally {
    await releaseLease(database)
  }
}

/**
 * Stores those of the journal's blocks that are missing, then makes indexes and counters that had to wait. `elsewhere`
 * has them stored by others.
 */
export function resumeSeeding<R extends object>(
  database: Database,
  target: SeedTarget<R>,
  { recipe, stored }: SeedJournal,
  options: SeedOptions,
  elsewhere?: StoreBlocks<BlockPlan>,
): Promise<SeedResult> {
  const run = {
    plans: planBlocks(recipe.parents),
    stored,
    elsewhere,
    open: (strategy: InsertStrategy) => openBlockStore(database, target, recipe, strategy),
    async prepare() {
      if (recipe.indexes === 'after') await database.dropIndexes(target.layout.table)
    },
    finish: () => finishSeeding(database, target, recipe),
    async onRefused() {
      if (recipe.indexes === 'before') await ignoreFailure(forgetEmpty(database))
    },
  }
  return runBlocks(database, run, options)
}

/** Takes back the journal where no block is stored: there is nothing to go on with. */
async function forgetEmpty(database: Database): Promise<void> {
  if (database.traits.transactions && (await readStored(database, reservationJournal)).size === 0)
    await removeJournal(database, reservationJournal)
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
  await removeJournal(database, reservationJournal)
}
