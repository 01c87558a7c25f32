import { meanThinkMs } from '../../load/engine/iteration-time.ts'
import { loadFaker, createRandom } from '../../base/random.ts'
import { outcomeOf, type OutcomeStatuses } from '../../ports/outcome.ts'
import type { Scenario, VirtualUser } from '../../ports/scenario.ts'
import { recordAttempt, type BookingScenarioOptions, type WireOptions } from '../shared/scenarios.ts'
import type { BookingMessage, ShownDay, ShownStation } from './api-schemas.ts'
import { dayId, maxLengths } from './tables.ts'
import { originalStation, originalStatuses, type OriginalDay } from './wire.ts'
import { defineScenario } from '../../load/scenarios/define-scenario.ts'

const thinkBeforeMs = [1000, 2000] as const
const thinkOverStationsMs = [500, 1500] as const
const thinkBeforeBookingMs = [2000, 4000] as const
const thinkBeforeSecondMs = 1000
const browseMs = meanThinkMs(thinkBeforeMs, thinkOverStationsMs)

/** One in so many of those who have booked tries to get a second place. */
const triesAgainOneIn = 10

/**
 * Two of three iterations look at the stations and the days of one; one of three also books a free day there, and one in
 * ten of those comes back for another, which no API may give away. `runId` makes the people of this run unlike those of
 * every other.
 */
export function createScenarios(options: BookingScenarioOptions & WireOptions, runId: string): readonly Scenario[] {
  const people = createPeople(options.seed)
  const original = options.wire === 'original'
  const statuses = original ? originalStatuses : options
  const browse = original ? browseOriginal : browseStations
  return [
    defineScenario({ name: 'browse', weight: 2, think: thinkBeforeMs, iterationMs: browseMs, run: browse }),
    defineScenario({
      name: 'browse and book',
      think: thinkBeforeMs,
      iterationMs: browseMs + meanThinkMs(thinkBeforeBookingMs),
      prepare: (): UserState => ({ bookings: 0 }),
      async run(user, state) {
        const seen = await browse(user)
        await user.think(thinkBeforeBookingMs)
        const free = seen?.days.filter(({ available }) => available > 0) ?? []
        if (!seen || free.length === 0) return
        state.bookings++
        const person = {
          ...people.pick(user),
          mysejahteraId: `${runId}-${user.id}-${state.bookings}`,
          location: seen.station,
        }
        await book(user, 'book', { ...person, date: user.random.pick(free).date }, statuses)
        if (user.random.integer(1, triesAgainOneIn) > 1) return
        await user.think(thinkBeforeSecondMs)
        await book(user, 'book a second place', { ...person, date: user.random.pick(free).date }, statuses)
      },
    }),
  ]
}

interface UserState {
  bookings: number
}

interface Seen {
  readonly station: string
  readonly days: readonly Pick<ShownDay, 'date' | 'available'>[]
}

/** Returns null where there is nothing to be seen. */
async function browseStations(user: VirtualUser): Promise<Seen | null> {
  const list = await user.request({ step: 'stations', method: 'GET', path: '/stations', wantBody: true })
  const stations = list.status === 200 ? (list.json() as ShownStation[]) : []
  if (stations.length === 0) return null
  const station = user.random.pick(stations).name
  await user.think(thinkOverStationsMs)
  const path = `/stations/${encodeURIComponent(station)}`
  const days = await user.request({ step: 'days of a station', method: 'GET', path, wantBody: true })
  return days.status === 200 ? { station, days: days.json() as ShownDay[] } : null
}

/** The original has no list of stations. */
async function browseOriginal(user: VirtualUser): Promise<Seen | null> {
  const path = `/stations/${originalStation}`
  const response = await user.request({ step: 'days of a station', method: 'GET', path, wantBody: true })
  if (response.status !== 200) return null
  const days = (response.json() as OriginalDay[]).map(({ date, availability }) => ({ date, available: availability }))
  return { station: originalStation, days }
}

const bookedPerson = { name: 'mysejahteraId' }

async function book(user: VirtualUser, step: string, body: BookingMessage, statuses: OutcomeStatuses): Promise<void> {
  const expected = [...statuses.bookedStatuses, ...statuses.conflictStatuses]
  const response = await user.request({ step, method: 'POST', path: '/booking', body, expected, wantBody: true })
  const outcome = outcomeOf(response, statuses)
  const attempt = { key: body.mysejahteraId, resource: dayId(body.location, body.date), outcome }
  await recordAttempt(user, response, attempt, outcome === 'booked' ? bookedPerson : null)
}

/** More would not make the people more real. */
const poolSize = 500

type Person = Pick<BookingMessage, 'firstName' | 'lastName' | 'address' | 'phoneNumber'>

/** People from pools that are made once, since faker takes 10 us for each text. */
function createPeople(seed: string): { pick(user: Pick<VirtualUser, 'random'>): Person } {
  const faker = loadFaker()
  faker.seed(createRandom(seed).uint32())
  const pool = (make: () => string, maxLength: number) =>
    Array.from({ length: poolSize }, () => make().slice(0, maxLength))
  const firstNames = pool(() => faker.person.firstName(), maxLengths.firstName)
  const lastNames = pool(() => faker.person.lastName(), maxLengths.lastName)
  const addresses = pool(() => faker.location.streetAddress(), maxLengths.address)
  return {
    pick: ({ random }) => ({
      firstName: random.pick(firstNames),
      lastName: random.pick(lastNames),
      address: random.pick(addresses),
      phoneNumber: `+601${random.integer(10_000_000, 99_999_999)}`,
    }),
  }
}
