import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mannWhitney, adjustByHolm } from '../../../../src/lib/base/stats/significance.ts'

/** Probability by trying every choice, as the definition says. */
function byEnumeration(first: readonly number[], second: readonly number[]): number {
  const all = [...first, ...second]
  const uOf = (chosen: ReadonlySet<number>) =>
    all.reduce(
      (sum, a, i) =>
        chosen.has(i)
          ? sum + all.reduce((own, b, j) => own + (chosen.has(j) ? 0 : a > b ? 1 : a === b ? 0.5 : 0), 0)
          : sum,
      0,
    )
  const choices: Set<number>[] = []
  for (let bits = 0; bits < 2 ** all.length; bits++) {
    const chosen = new Set(all.flatMap((_, i) => ((bits >> i) % 2 === 1 ? [i] : [])))
    if (chosen.size === first.length) choices.push(chosen)
  }
  const seen = uOf(new Set(first.map((_, i) => i)))
  const us = choices.map(uOf)
  const share = (holds: (u: number) => boolean) => us.filter(holds).length / us.length
  return Math.min(
    1,
    2 *
      Math.min(
        share((u) => u <= seen),
        share((u) => u >= seen),
      ),
  )
}

describe('mannWhitney', () => {
  it('has the published statistic and probability of a worked example', () => {
    // Permeability of chorioamnion at term and at 12 to 26 weeks (Hollander and Wolfe, "Nonparametric
    // Statistical Methods", 1973, example 4.1): W = 35, one-sided p = 0.1272.
    const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    const early = [1.15, 0.88, 0.9, 0.74, 1.21]
    const { u, p } = mannWhitney(term, early)
    expect(u).toBe(35)
    expect(p).toBeCloseTo(2 * 0.1272, 3)
  })

  it('counts every order where all values of one side are larger', () => {
    // 5 of 5 against 5: 2 of 252 choices.
    expect(mannWhitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])).toEqual({ u: 0, p: expect.closeTo(2 / 252, 12) })
    expect(mannWhitney([6, 7, 8], [1, 2, 3])).toEqual({ u: 9, p: expect.closeTo(0.1, 12) })
  })

  it('agrees with trying every choice, ties included', () => {
    const values = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(values, values, (first, second) => {
        expect(mannWhitney(first, second).p).toBeCloseTo(byEnumeration(first, second), 10)
      }),
    )
  })

  it('is much the same by the normal distribution as exactly', () => {
    const first = Array.from({ length: 25 }, (_, i) => i * 2)
    const second = Array.from({ length: 25 }, (_, i) => i * 2 + 9)
    const exact = mannWhitney(first, second).p
    expect(mannWhitney([...first, 24], second).p).toBeGreaterThan(exact * 0.9)
    expect(mannWhitney([...first, 24], second).p).toBeLessThan(exact * 1.3)
  })

  it('corrects for ties: by hand, with 30 of two values a side', () => {
    // Ranks: 40 zeros share 20.5, 20 ones share 50.5. U of the first = 25 * 20.5 + 5 * 50.5 - 30 * 31 / 2 = 300.
    // Variance = 900 / 12 * (61 - (40^3 - 40 + 20^3 - 20) / (60 * 59)) = 3050.85; z = (150 - 0.5) / 55.234 = 2.7066.
    const side = (ones: number) => [
      ...Array.from({ length: 30 - ones }, () => 0),
      ...Array.from({ length: ones }, () => 1),
    ]
    const { u, p } = mannWhitney(side(5), side(15))
    expect(u).toBe(300)
    expect(p).toBeCloseTo(0.0068, 4)
  })

  it('finds nothing without values or without differences', () => {
    expect(mannWhitney([], [1, 2]).p).toBe(1)
    expect(mannWhitney([7, 7, 7], [7, 7]).p).toBe(1)
    const alike = Array.from({ length: 40 }, () => 7)
    expect(mannWhitney(alike, alike).p).toBe(1)
  })
})

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
