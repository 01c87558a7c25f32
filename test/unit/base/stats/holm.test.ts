import { expect, it } from 'vitest'
import { adjustByHolm } from '../../../../src/lib/base/stats/holm.ts'

it('adjusts by hand: 0.01, 0.04, 0.03, 0.005', () => {
  // Ascending 0.005 x 4, 0.01 x 3, 0.03 x 2, 0.04 x 1, none below the one before.
  const adjusted = adjustByHolm([0.01, 0.04, 0.03, 0.005])
  expect(adjusted.map((p) => Number(p.toFixed(6)))).toEqual([0.03, 0.06, 0.06, 0.02])
})

it('stays a probability, and leaves one alone as it is', () => {
  expect(adjustByHolm([0.6, 0.9])).toEqual([1, 1])
  expect(adjustByHolm([0.02])).toEqual([0.02])
  expect(adjustByHolm([])).toEqual([])
})
