import { defineScenario } from 'rushbench'

// For compare.ts: users that ask an API again as soon as they have thought.
export default defineScenario({
  name: 'ask',
  think: [20, 40],
  run: async (user) => void (await user.request({ step: 'ask', method: 'GET', path: '/' })),
})
