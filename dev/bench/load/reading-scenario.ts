import { defineScenario } from '../../../src/lib/load/scenario.ts'

/** Users who read what they get, each time anew, and at once ask again: nearly all of the work is theirs, not the server's. */
export default defineScenario({
  name: 'read',
  async run(user) {
    const { body } = await user.request({ step: 'read', method: 'GET', path: '/slots', wantBody: true })
    JSON.parse(body.toString())
  },
})
