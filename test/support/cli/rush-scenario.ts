/** A scenario: everybody wants the first slot of the calendar, without a pause worth mentioning. */
export const rushScenario = `import { defineScenario } from 'rushbench'
export default [defineScenario({
  name: 'rush',
  think: [5, 10],
  prepare: () => ({ bookings: 0 }),
  async run(user, state) {
    const ticket = user.runId + '-' + user.id + '-' + ++state.bookings
    const body = { ticket_id: ticket, schedule_id: 15778560 }
    const answer = await user.request({ step: 'book', method: 'POST', path: '/reservations', body, expected: [409] })
    await user.ledger.record({ key: ticket, resource: 15778560, outcome: user.outcomeOf(answer) })
  },
})]
`
