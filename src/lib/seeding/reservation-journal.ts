import type { Database } from '../ports/database.ts'
import { failure } from '../base/errors/errors.ts'
import { readJournal, refuseUnfinished, type Journal, type JournalKind } from './journal.ts'
import { journalTables } from './journal-tables.ts'
import { decodeRecipe, encodeRecipe, rowsOf, type SeedRecipe } from './recipe.ts'

/** The journal of a seeding of reservations, or of whatever else has parents with counters. */
export const reservationJournal: JournalKind<SeedRecipe> = {
  owner: 'seeding',
  ...journalTables('rushbench_seeding', 'rushbench_seeded_blocks'),
  encode: encodeRecipe,
  decode: decodeRecipe,
  isUnderWay: (recipe) => rowsOf(recipe) > 0,
  unfinished: (url, recipe) => failure('seeding-unfinished', { url, rows: rowsOf(recipe) }),
  broken: (url) => failure('seeding-broken', { url }),
}

/** The journal of a seeding of reservations. */
export type SeedJournal = Journal<SeedRecipe>

/**
 * Counters and indexes wait for the last row where keeping them true for each block would cost more than the rows, and
 * where a block cannot be stored together with its counters.
 */
export function isDeferred(database: Database, { order, indexes }: SeedRecipe): boolean {
  return order === 'shuffled' || indexes === 'after' || !database.traits.transactions
}

/** Throws `seeding-unfinished` when a seeding has left counters untrue or indexes out, `seeding-held` while it runs. */
export async function refuseUnsettled(database: Database): Promise<void> {
  const journal = await readJournal(database, reservationJournal)
  if (journal && isDeferred(database, journal.recipe)) await refuseUnfinished(database, reservationJournal)
}
