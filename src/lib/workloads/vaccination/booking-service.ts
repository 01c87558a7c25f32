import { v7 as uuid } from 'uuid'
import type { Change, Database } from '../../ports/database.ts'
import { createGroupCommit } from '../shared/group-commit.ts'
import { reservations, schedules, type Reservation } from './tables.ts'

/** The result of a request for a place. */
export type BookingResult =
  | { readonly kind: 'booked'; readonly reservation: Reservation }
  | { readonly kind: 'sold-out' }
  | { readonly kind: 'no-such-slot' }

/** Books places; a booking resolves only when it is durable. */
export interface BookingService {
  book(ticketId: string, slotId: number): Promise<BookingResult>
}

/** Most bookings in one commit. */
const maxBatch = 256

/** Books for requests that come in together in one commit. */
export function createBookingService(database: Database): BookingService {
  const commit = createGroupCommit((batch: readonly Reservation[]) => commitAll(database, batch), maxBatch)
  return { book: (ticketId, slotId) => commit({ id: uuid(), ticket_id: ticketId, schedule_id: slotId }) }
}

/** Tells those who have their place so, also when it cannot be found out why the others have none. */
async function commitAll(
  database: Database,
  batch: readonly Reservation[],
): Promise<(BookingResult | Promise<BookingResult>)[]> {
  const applied = await database.store.apply(batch.map(bookingChange))
  const refused = batch.filter((_, index) => !applied[index])
  const known = knownSlots(database, refused)
  return batch.map((reservation, index) =>
    applied[index]
      ? { kind: 'booked', reservation }
      : known.then((slots) => ({ kind: slots.has(reservation.schedule_id) ? 'sold-out' : 'no-such-slot' })),
  )
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

async function knownSlots(database: Database, refused: readonly Reservation[]): Promise<Set<number>> {
  if (refused.length === 0) return new Set()
  const ids = [...new Set(refused.map(({ schedule_id }) => schedule_id))]
  const slots = await database.store.find(schedules, { id: { in: ids } })
  return new Set(slots.map((slot) => slot.id))
}
