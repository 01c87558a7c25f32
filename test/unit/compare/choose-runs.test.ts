import { describe, expect, it } from 'vitest'
import { orderRuns, planPairs } from '../../../src/lib/compare/choose-runs.ts'
import { savedReport } from '../../support/reports/fixtures.ts'

const seed = savedReport('seed', 'seed.json')
const at = (...minutes: number[]) =>
  minutes.map((minute) => ({ ...seed, startedAt: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString() }))

describe('planPairs', () => {
  it('lets the side that ran last run first', () => {
    expect(planPairs(3).map((side) => side[0])).toEqual(['b', 'c', 'c', 'b', 'b', 'c'])
  })
})

describe('orderRuns', () => {
  it.each([
    [[0, 3, 4], [1, 2, 5], true],
    [[0, 2, 4], [1, 3, 5], true],
    [[4, 0, 3], [5, 2, 1], true],
    [[0, 1, 2], [3, 4, 5], false],
    [[0, 1], [2, 3], false],
    [[0], [1], true],
    [[0, 3], [1, 2, 5], false],
  ])('of runs at %j and %j knows whether they are pairs: %s', (baseline, candidate, paired) => {
    const ordered = orderRuns({ baseline: at(...baseline), candidate: at(...candidate) })
    expect(ordered.paired).toBe(paired)
    expect(ordered.sides.baseline).toEqual(at(...baseline.toSorted((a, b) => a - b)))
  })
})
