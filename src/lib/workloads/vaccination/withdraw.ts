import type { Change, Database } from '../../ports/database.ts'
import type { FinishedRun } from '../../ports/workload.ts'
import { reservations, schedules } from './tables.ts'

/** Rows removed, or slots set, with one statement or commit. */
const withdrawnAtOnce = 1000

/**
 * Removes the reservations of one run and gives their places back; those of everybody else stay, also where they were
 * booked at the same time. Returns how many they were.
 */
export async function withdrawBookings(database: Database, run: FinishedRun): Promise<number> {
  // The API's ids begin with the time, by which the key finds them; the tickets say whose they are.
  const id = { gte: idAt(run.startedAt), lt: idAt(new Date(run.finishedAt.getTime() + 1)) }
  const sameTime = await database.store.find(reservations, { id })
  const withdrawn = sameTime.filter(({ ticket_id }) => ticket_id.includes(`${run.id}-`))
  const places = new Map<number, number>()
  for (const { schedule_id } of withdrawn) places.set(schedule_id, (places.get(schedule_id) ?? 0) + 1)
  for (const batch of batchesOf(withdrawn)) {
    await database.store.remove(reservations, { id: { in: batch.map((row) => row.id) } })
  }
  for (const batch of batchesOf([...places])) {
    await database.store.apply(batch.map(([slot, count]) => giveBack(slot, count)))
  }
  return withdrawn.length
}

/** The smallest that a version 7 UUID of that millisecond or later can be. */
function idAt(time: Date): string {
  const hex = time.getTime().toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}`
}

function* batchesOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += withdrawnAtOnce) yield items.slice(from, from + withdrawnAtOnce)
}

function giveBack(slot: number, places: number): Change {
  return { guard: { table: schedules, where: { id: slot }, patch: { stock: { add: places } } }, insert: [] }
}
