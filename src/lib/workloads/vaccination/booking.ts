import { v7 as uuid } from 'uuid'
import type { Change, Database } from '../../databases/port.ts'
import { reservations, schedules, type Reservation } from './tables.ts'

/** What the desk says to one wish. */
export type BookingAnswer =
  | { readonly kind: 'booked'; readonly reservation: Reservation }
  | { readonly kind: 'sold-out' }
  | { readonly kind: 'no-such-slot' }

/** Takes bookings; each is answered only when it is durable. */
export interface BookingDesk {
  book(ticketId: string, slotId: number): Promise<BookingAnswer>
}

interface Wish {
  readonly reservation: Reservation
  readonly answer: (answer: BookingAnswer) => void
  readonly fail: (error: unknown) => void
}

/** Most bookings in one commit; bounds how long the first of them waits for the last. */
const maxBatch = 256

/**
 * A desk where bookings that come in together share a commit (group commit): those that arrive while
 * a commit is under way make up the next one, so that waiting for the disk costs each of them less
 * the busier it gets.
 */
export function createBookingDesk(database: Database): BookingDesk {
  let waiting: Wish[] = []
  let scheduled = false

  async function commitAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch)
      waiting = waiting.slice(maxBatch)
      await commit(database, batch)
    }
    scheduled = false
  }

  return {
    book(ticketId, slotId) {
      const reservation = { id: uuid(), ticket_id: ticketId, schedule_id: slotId }
      return new Promise((answer, fail) => {
        waiting.push({ reservation, answer, fail })
        if (scheduled) return
        scheduled = true
        // After this turn's sockets are read, so that all bookings that are here already go together.
        setImmediate(() => void commitAll())
      })
    },
  }
}

async function commit(database: Database, batch: readonly Wish[]): Promise<void> {
  let unanswered = batch
  try {
    const applied = await database.store.apply(batch.map(({ reservation }) => bookingChange(reservation)))
    // Those who have their place are told before anything else can fail.
    for (const { answer, reservation } of batch.filter((_, index) => applied[index]))
      answer({ kind: 'booked', reservation })
    unanswered = batch.filter((_, index) => !applied[index])
    const known = await knownSlots(database, unanswered)
    for (const { answer, reservation } of unanswered) {
      answer({ kind: known.has(reservation.schedule_id) ? 'sold-out' : 'no-such-slot' })
    }
  } catch (error) {
    for (const { fail } of unanswered) fail(error)
  }
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

async function knownSlots(database: Database, wishes: readonly Wish[]): Promise<Set<number>> {
  if (wishes.length === 0) return new Set()
  const ids = [...new Set(wishes.map((wish) => wish.reservation.schedule_id))]
  const slots = await database.store.find(schedules, { id: { in: ids } })
  return new Set(slots.map((slot) => slot.id))
}
