import { defineScenario } from 'rushbench'

// For chaos.ts: people who book slots of the workload vaccination without looking, so that a short run has many bookings.

/** 2000-01-01 in minutes from 1970; a slot's id is the minute in which it begins. */
const firstDay = 15_778_080
const minutesOfDay = 1440
const opens = 480
const every = 20
const slotsOfDay = 36
const days = 40

export default defineScenario({
  name: 'book',
  think: [100, 300],
  prepare: () => ({ bookings: 0 }),
  async run(user, state) {
    const { random, runId, id } = user
    const day = firstDay + random.integer(0, days - 1) * minutesOfDay
    const slot = day + opens + random.integer(0, slotsOfDay - 1) * every
    state.bookings++
    const ticket = `${runId}-${id}-${state.bookings}`
    const answer = await user.request({
      step: 'book',
      method: 'POST',
      path: '/reservations',
      body: { ticket_id: ticket, schedule_id: slot },
      expected: 409,
      wantBody: true,
    })
    const outcome = user.outcomeOf(answer)
    const booked = outcome === 'booked' ? { id: (answer.json() as { id: string }).id } : {}
    await user.ledger.record({ key: ticket, resource: slot, outcome, ...booked })
  },
})
