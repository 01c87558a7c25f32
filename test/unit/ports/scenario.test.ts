import { describe, expect, it } from 'vitest'
import type { VirtualUser } from '../../../src/lib/ports/scenario.ts'
import { createRandom } from '../../../src/lib/base/random.ts'
import { defineScenario } from '../../../src/lib/load/scenarios/define-scenario.ts'

describe('defineScenario', () => {
  const run = async () => {}
  const user = { id: 1, random: createRandom('x') }

  it('fills in a weight of 1, no think time and no state', () => {
    const scenario = defineScenario({ name: 'browse', run })
    expect(scenario).toMatchObject({ name: 'browse', weight: 1, think: 0 })
    expect(scenario.prepare(user)).toBeUndefined()
  })

  it('hands the state that was prepared to each iteration', async () => {
    const seen: number[] = []
    const scenario = defineScenario({
      name: 'count',
      prepare: ({ id }) => ({ iterations: id }),
      async run(_user, state) {
        seen.push(++state.iterations)
      },
    })
    const state = scenario.prepare(user)
    await scenario.run({} as VirtualUser, state)
    await scenario.run({} as VirtualUser, state)
    expect(seen).toEqual([2, 3])
  })

  it.each([
    [null, 'a scenario is an object'],
    [run, 'a scenario is an object'],
    [{ run }, 'a scenario needs a name'],
    [{ name: '', run }, 'a scenario needs a name'],
    [{ name: 'a' }, 'a needs a function run'],
    [{ name: 'a', run: 'b' }, 'a needs a function run'],
    [{ name: 'a', run, prepare: {} }, 'prepare of a must be a function'],
    [{ name: 'a', run, weight: 0 }, 'the weight of a must be a number above 0'],
    [{ name: 'a', run, weight: NaN }, 'the weight of a must be a number above 0'],
    [{ name: 'a', run, weight: '2' }, 'the weight of a must be a number above 0'],
    [{ name: 'a', run, think: -1 }, 'think of a must be milliseconds'],
    [{ name: 'a', run, think: '1s' }, 'think of a must be milliseconds'],
    [{ name: 'a', run, think: [1] }, 'think of a must be milliseconds'],
    [{ name: 'a', run, think: [2, 1] }, 'think of a must be milliseconds'],
  ])('refuses %j', (definition, reason) => {
    expect(() => defineScenario(definition as never)).toThrow(reason)
  })
})
