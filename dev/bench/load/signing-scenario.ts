import { pbkdf2Sync } from 'node:crypto'
import { defineScenario } from '../../../src/lib/load/scenarios/define-scenario.ts'

const rounds = 5000

/** Users who derive a key from each answer and at once ask again: nearly all of the work is theirs, not the server's. */
export default defineScenario({
  name: 'sign',
  async run(user) {
    const { body } = await user.request({ step: 'read', method: 'GET', path: '/small', wantBody: true })
    pbkdf2Sync(body, 'salt', rounds, 32, 'sha256')
  },
})
