import type { Database, KeyRange } from '../../ports/database.ts'
import { isJournalBroken, removeJournal, takeOverIfThere, takeOverJournal } from '../../seeding/journal.ts'
import type { LeaseOptions } from '../../seeding/lease.ts'
import { rowsOf } from '../../seeding/recipe.ts'
import { finishSeeding } from '../../seeding/seed.ts'
import { reservationSeeding } from './seeding.ts'
import { reservations, schedules, stockCounter } from './tables.ts'

/**
 * Forgets an unfinished seeding, or timed inserts that were cut off: keeps what is stored, makes what had to wait, and says
 * which of them it was. Throws `seeding-none`, and `seeding-held` while another process works on it.
 */
export async function abandonSeeding(database: Database, lease: LeaseOptions): Promise<'seeding' | 'timed inserts'> {
  if (await isJournalBroken(database)) {
    await abandonBroken(database, lease)
    return 'seeding'
  }
  const { recipe } = await takeOverJournal(database, reservations, lease)
  await finishSeeding(database, reservationSeeding, recipe)
  return rowsOf(recipe) === 0 ? 'timed inserts' : 'seeding'
}

/** Without a word of what was to be stored: makes the indexes that are missing, and counts the stock of every slot anew. */
async function abandonBroken(database: Database, lease: LeaseOptions): Promise<void> {
  await takeOverIfThere(database, lease)
  await database.awaitWriters(reservations)
  await database.createIndexes(reservations)
  let range = null as KeyRange | null
  for await (const { id } of database.store.scan(schedules, ['id'])) range = { from: range?.from ?? id, to: id }
  if (range) await database.recount(stockCounter, range)
  await removeJournal(database)
}
