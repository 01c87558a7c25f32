import { createRandom } from '../../base/random.ts'
import { meanThinkMs } from '../../load/engine/iteration-time.ts'
import type { Scenario, StepResponse, VirtualUser } from '../../ports/scenario.ts'
import { recordAttempt, type BookingScenarioOptions, type IdField } from '../shared/scenarios.ts'
import { createNamePool } from './reservation-rows.ts'
import type { Slot } from './tables.ts'
import { defineScenario } from '../../load/scenarios/define-scenario.ts'

/** Options of the users, who do what those of the original did. */
export interface VaccinationScenarioOptions extends BookingScenarioOptions {
  /** First day that has slots; the users look at the first two months of its year. */
  readonly from: string
  /** `none` reads straight from the database, anything else through the cache, as the original's faster half does. */
  readonly cache: string
}

const thinkBeforeMs = [1000, 2000] as const
const thinkBetweenMonthsMs = 3000
const thinkBeforeBookingMs = 5000
const browseMs = meanThinkMs(thinkBeforeMs, thinkBetweenMonthsMs)

/**
 * Two of three iterations look at two months, one of three also books a free slot in one of them.
 * `runId` makes the ticket ids of this run unlike those of every other.
 */
export function createScenarios(options: VaccinationScenarioOptions, runId: string): readonly Scenario[] {
  const names = createNamePool(createRandom(options.seed).uint32())
  const year = Number(options.from.slice(0, 4))
  const expected = [...options.bookedStatuses, ...options.conflictStatuses]
  const base = options.cache === 'none' ? '/schedules/date' : '/schedules-memstore/date'

  function nextTicket(user: VirtualUser, state: UserState): string {
    state.bookings++
    return `${user.random.pick(names)}${runId}-${user.id}-${state.bookings}`
  }

  async function browse(user: VirtualUser, wantBody: boolean): Promise<readonly StepResponse[]> {
    const look = (month: 1 | 2) =>
      user.request({ step: `calendar month ${month}`, method: 'GET', path: `${base}/${year}/${month}`, wantBody })
    const first = await look(1)
    await user.think(thinkBetweenMonthsMs)
    return [first, await look(2)]
  }

  return [
    defineScenario({
      name: 'browse',
      weight: 2,
      think: thinkBeforeMs,
      iterationMs: browseMs,
      run: (user) => browse(user, false),
    }),
    defineScenario({
      name: 'browse and book',
      think: thinkBeforeMs,
      iterationMs: browseMs + thinkBeforeBookingMs,
      prepare: (): UserState => ({ bookings: 0 }),
      async run(user, state) {
        const months = await browse(user, true)
        const slot = pickFreeSlot(user, months)
        await user.think(thinkBeforeBookingMs)
        if (slot) await book(user, nextTicket(user, state), slot, expected)
      },
    }),
  ]
}

interface UserState {
  bookings: number
}

/** Every free slot of all months is as likely; a month that did not come, or is null as an empty one of the original, has none. */
function pickFreeSlot(user: VirtualUser, months: readonly StepResponse[]): Slot | null {
  const slots = months.flatMap((month) => (month.status === 200 ? ((month.json() as Slot[] | null) ?? []) : []))
  const free = slots.filter(({ stock }) => stock > 0)
  return free.length > 0 ? user.random.pick(free) : null
}

const reservationId: IdField = { name: 'id', mayBeNumber: true }

async function book(user: VirtualUser, ticket: string, slot: Slot, expected: readonly number[]): Promise<void> {
  const response = await user.request({
    step: 'book',
    method: 'POST',
    path: '/reservations',
    body: { ticket_id: ticket, schedule_id: slot.id },
    expected,
    wantBody: true,
  })
  const outcome = user.outcomeOf(response)
  const attempt = { key: ticket, resource: slot.id, outcome }
  await recordAttempt(user, response, attempt, outcome === 'booked' ? reservationId : null)
}
