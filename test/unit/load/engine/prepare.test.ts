import { describe, expect, it } from 'vitest'
import { createUserSupply, type Preparation } from '../../../../src/lib/load/engine/prepare.ts'
import { createRandom } from '../../../../src/lib/base/random.ts'
import { createVirtualClock } from '../../../support/load/virtual-clock.ts'
import { defineScenario } from '../../../../src/lib/load/scenarios/define-scenario.ts'

const preparation: Preparation = {
  users: 3,
  shard: { index: 0, of: 1 },
  scenarios: [
    defineScenario({ name: 'a', prepare: ({ id }) => `a${id}`, run: async () => {} }),
    defineScenario({ name: 'b', prepare: async ({ random }) => random.uint32(), run: async () => {} }),
  ],
  random: createRandom('test'),
  clock: createVirtualClock(),
  signal: new AbortController().signal,
}

/** All users of a shard. */
const prepareUsers = (plan: Preparation) => createUserSupply(plan).take(plan.users)

describe('the supply of users', () => {
  it('makes a state for each user and scenario, the same for the same seed', async () => {
    const users = await prepareUsers(preparation)
    expect(users.map(({ id, states }) => [id, states[0]])).toEqual([
      [0, 'a0'],
      [1, 'a1'],
      [2, 'a2'],
    ])
    const numbers = users.map(({ states }) => states[1])
    expect(new Set(numbers).size).toBe(3)
    const again = await prepareUsers({ ...preparation, random: createRandom('test') })
    expect(again.map(({ states }) => states[1])).toEqual(numbers)
  })

  it('prepares in several shards the users that there are in the whole', async () => {
    const shard = (index: number) => prepareUsers({ ...preparation, users: 5, shard: { index, of: 2 } })
    const [even, odd] = [await shard(0), await shard(1)]
    expect([even, odd].map((users) => users.map(({ id }) => id))).toEqual([
      [0, 2, 4],
      [1, 3],
    ])
    const whole = await prepareUsers({ ...preparation, users: 5 })
    expect(odd.map(({ states }) => states)).toEqual([whole[1], whole[3]].map((user) => user?.states))
  })

  it('says which scenario threw, and what', async () => {
    const broken = defineScenario({
      name: 'buy',
      prepare: () => Promise.reject(new Error('no token')),
      run: async () => {},
    })
    await expect(prepareUsers({ ...preparation, scenarios: [broken] })).rejects.toMatchObject({
      code: 'scenario-not-prepared',
      message: expect.stringContaining('The scenario buy failed to prepare a user, so no request was sent: no token.'),
    })
  })

  it('lets Ctrl-C through, however busy scenarios keep the process', async () => {
    const stop = new AbortController()
    let elapsedMs = 0
    const busy = defineScenario({ name: 'busy', prepare: () => void (elapsedMs += 20), run: async () => {} })
    const clock = { ...preparation.clock, now: () => elapsedMs }
    setImmediate(() => stop.abort())
    const users = await prepareUsers({ ...preparation, users: 1000, scenarios: [busy], clock, signal: stop.signal })
    expect(users).toHaveLength(3)
  })
})
