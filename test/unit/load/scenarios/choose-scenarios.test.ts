import { describe, expect, it } from 'vitest'
import { defineScenario, chooseScenarios } from '../../../../src/lib/load/scenarios/define-scenario.ts'

const [steady, dirty] = ['steady', 'dirty'].map((name) => defineScenario({ name, run: async () => {} })) as [
  never,
  never,
]

describe('chooseScenarios', () => {
  it('takes all, or those that are named', () => {
    expect(chooseScenarios([steady, dirty], undefined)).toEqual([steady, dirty])
    expect(chooseScenarios([steady, dirty], ['dirty'])).toEqual([dirty])
    expect(chooseScenarios([steady, dirty], ['dirty', 'steady'])).toEqual([steady, dirty])
  })

  it('says which there are when one is named that is not there', () => {
    expect(() => chooseScenarios([steady, dirty], ['dirty', 'noisy'])).toThrow(
      'The workload has no scenario noisy for --mix. Allowed: steady, dirty.',
    )
  })
})
