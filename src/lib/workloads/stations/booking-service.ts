import { v7 as uuid } from 'uuid'
import { applyIfAbsent, type ChangeIfAbsent } from '../../adapters/databases/apply-if-absent.ts'
import type { Store } from '../../ports/database.ts'
import { createBookingService, type BookingService } from '../shared/booking-service.ts'
import type { BookingMessage } from './api-schemas.ts'
import { bookings, dayId, days, outbox, type Booking, type Outgoing } from './tables.ts'

/** The result of a request for a place. `taken`: the person has a place already. */
export type StationResult = 'booked' | 'taken' | 'sold-out' | 'no-such-station' | 'no-such-day'

const outcomes = { applied: 'booked', taken: 'taken', refused: null } as const

/** Books places on days; `onBooked` is called when the outbox has got something. */
export function createStationService(
  store: Store,
  onBooked: () => void,
): BookingService<BookingMessage, StationResult> {
  return createBookingService<BookingMessage, StationResult>(
    async (requests) => {
      const results = await applyIfAbsent(store, requests.map(changeFor))
      if (results.includes('applied')) onBooked()
      return results.map((result) => outcomes[result])
    },
    async (refused) => {
      const { dayIds, stations } = await findKnown(store, refused)
      return ({ location, date }) => {
        if (dayIds.has(dayId(location, date))) return 'sold-out'
        return stations.has(location) ? 'no-such-day' : 'no-such-station'
      }
    },
  )
}

/** The place, the booking and its message: all of them, or none. */
function changeFor(request: BookingMessage): ChangeIfAbsent {
  const day = dayId(request.location, request.date)
  const booking: Booking = {
    mysejahtera_id: request.mysejahteraId,
    first_name: request.firstName,
    last_name: request.lastName,
    address: request.address,
    phone_number: request.phoneNumber,
    day,
  }
  const outgoing: Outgoing = { id: uuid(), person: request.mysejahteraId, message: JSON.stringify(request) }
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

/** Finds the days and stations that exist among those that were asked for. */
async function findKnown(store: Store, refused: readonly BookingMessage[]): Promise<KnownDays> {
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
