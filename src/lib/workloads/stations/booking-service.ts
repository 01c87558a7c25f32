import { v7 as uuid } from 'uuid'
import { applyIfAbsent, type ChangeIfAbsent } from '../../adapters/databases/apply-if-absent.ts'
import type { Store } from '../../ports/database.ts'
import { createGroupCommit } from '../shared/group-commit.ts'
import type { BookingMessage } from './messages.ts'
import { bookings, dayId, days, outbox, type Booking, type Outgoing } from './tables.ts'

/** What the desk says to one wish. `taken`: the person has a place already. */
export type BookingAnswer = 'booked' | 'taken' | 'sold-out' | 'no-such-station' | 'no-such-day'

/** Takes bookings; each is answered only when it is durable. */
export interface BookingDesk {
  book(wish: BookingMessage): Promise<BookingAnswer>
}

/** Most bookings in one commit. */
const maxBatch = 256

/** A desk where bookings that come in together share a commit; `onBooked` is called when the outbox has got something. */
export function createBookingDesk(store: Store, onBooked: () => void): BookingDesk {
  const book = createGroupCommit((wishes: readonly BookingMessage[]) => bookAll(store, wishes, onBooked), maxBatch)
  return { book }
}

/** Those who have their place are told, also when it cannot be found out why the others have none. */
async function bookAll(
  store: Store,
  wishes: readonly BookingMessage[],
  onBooked: () => void,
): Promise<(BookingAnswer | Promise<BookingAnswer>)[]> {
  const results = await applyIfAbsent(store, wishes.map(changeFor))
  if (results.includes('applied')) onBooked()
  const known = findKnown(
    store,
    wishes.filter((_, index) => results[index] === 'refused'),
  )
  return wishes.map((wish, index) => {
    if (results[index] === 'applied') return 'booked'
    if (results[index] === 'taken') return 'taken'
    return known.then(({ dayIds, stations }) => {
      if (dayIds.has(dayId(wish.location, wish.date))) return 'sold-out'
      return stations.has(wish.location) ? 'no-such-day' : 'no-such-station'
    })
  })
}

/** The place, the booking and its message: all of them, or none. */
function changeFor(wish: BookingMessage): ChangeIfAbsent {
  const day = dayId(wish.location, wish.date)
  const booking: Booking = {
    mysejahtera_id: wish.mysejahteraId,
    first_name: wish.firstName,
    last_name: wish.lastName,
    address: wish.address,
    phone_number: wish.phoneNumber,
    day,
  }
  const outgoing: Outgoing = { id: uuid(), person: wish.mysejahteraId, message: JSON.stringify(wish) }
  return {
    guard: { table: days, where: { id: day, available: { gt: 0 } }, patch: { available: { add: -1 } } },
    insert: [{ table: outbox, rows: [outgoing] }],
    absent: { table: bookings, row: booking },
  }
}

interface KnownDays {
  readonly dayIds: ReadonlySet<string>
  readonly stations: ReadonlySet<string>
}

/** Of the days and stations that were asked for, those that there are. */
async function findKnown(store: Store, refused: readonly BookingMessage[]): Promise<KnownDays> {
  if (refused.length === 0) return { dayIds: new Set(), stations: new Set() }
  const ids = new Set(refused.map(({ location, date }) => dayId(location, date)))
  const found = await store.find(days, { id: { in: [...ids] } })
  const dayIds = new Set(found.map(({ id }) => id))
  const stations = new Set(found.map(({ station }) => station))
  const missing = refused.filter(({ location, date }) => !dayIds.has(dayId(location, date)))
  const doubtful = new Set(missing.map(({ location }) => location).filter((name) => !stations.has(name)))
  for (const station of doubtful) {
    const [any] = await store.find(days, { station }, { limit: 1 })
    if (any) stations.add(station)
  }
  return { dayIds, stations }
}
