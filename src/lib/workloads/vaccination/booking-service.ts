import { v7 as uuid } from 'uuid'
import type { Change, Database } from '../../ports/database.ts'
import { createBookingService, type BookingService } from '../shared/booking-service.ts'
import { idFrom } from './keys.ts'
import { reservations, schedules, type Reservation } from './tables.ts'
import type { FinishedRun } from '../../ports/workload.ts'

export type ReservationResult =
  | { readonly kind: 'booked'; readonly reservation: Reservation }
  | { readonly kind: 'sold-out' | 'no-such-slot' }

export function createReservationService({
  store,
}: Pick<Database, 'store'>): BookingService<Omit<Reservation, 'id'>, ReservationResult> {
  const book = createBookingService<Reservation, ReservationResult>(
    async (batch) => {
      const applied = await store.apply(batch.map(bookingChange))
      return batch.map((reservation, index) => (applied[index] ? { kind: 'booked', reservation } : null))
    },
    async (refused) => {
      const ids = [...new Set(refused.map(({ schedule_id }) => schedule_id))]
      const slots = new Set((await store.find(schedules, { id: { in: ids } })).map(({ id }) => id))
      return ({ schedule_id }) => ({ kind: slots.has(schedule_id) ? 'sold-out' : 'no-such-slot' })
    },
  )
  return (request) => book({ id: uuid(), ...request })
}

function bookingChange(reservation: Reservation): Change {
  return {
    guard: {
      table: schedules,
      where: { id: reservation.schedule_id, stock: { gt: 0 } },
      patch: { stock: { add: -1 } },
    },
    insert: [{ table: reservations, rows: [reservation] }],
  }
}

/** Rows removed, or slots set, with one statement or commit. */
const withdrawnAtOnce = 1000

/**
 * Removes the reservations of one run and gives their places back; those of everybody else stay, also where they were
 * booked at the same time. Returns how many they were.
 */
export async function withdrawBookings(database: Database, run: FinishedRun): Promise<number> {
  // The API's ids begin with the time, by which the key finds them; the tickets say whose they are.
  const id = { gte: idFrom(run.startedAt.getTime()), lt: idFrom(run.finishedAt.getTime() + 1) }
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

function* batchesOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += withdrawnAtOnce) yield items.slice(from, from + withdrawnAtOnce)
}

function giveBack(slot: number, places: number): Change {
  return { guard: { table: schedules, where: { id: slot }, patch: { stock: { add: places } } }, insert: [] }
}
