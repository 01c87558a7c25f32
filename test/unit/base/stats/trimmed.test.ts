import { describe, expect, it } from 'vitest'
import { difference, trimmedMean } from '../../../../src/lib/base/stats/trimmed.ts'
import { smallestDetectable } from '../../../../src/lib/base/stats/student.ts'

describe('trimmedMean', () => {
  it('is the ordinary mean of few values', () => {
    expect(trimmedMean([2, 4, 6])).toEqual({ mean: 4, error: expect.closeTo(2 / Math.sqrt(3), 12), freedom: 2 })
  })

  it('leaves out a wild one of ten, by hand', () => {
    // 2 to 9 are kept, mean 5.5; winsorized 2, 2, 3, ... 8, 9, 9 has squares 42 + 2 x 12.25 = 66.5 about 5.5.
    const { mean, error, freedom } = trimmedMean([1, 2, 3, 4, 5, 6, 7, 8, 9, 1000])
    expect(mean).toBe(5.5)
    expect(error).toBeCloseTo(Math.sqrt(66.5 / (8 * 7)), 12)
    expect(freedom).toBe(7)
  })

  it('knows nothing of how well a single value is known', () => expect(trimmedMean([5]).error).toBeNaN())
})

describe('difference', () => {
  it('is by hand: variances of the means 1 and 4, with 4 and 9 degrees of freedom', () => {
    const found = difference({ mean: 10, error: 1, freedom: 4 }, { mean: 13, error: 2, freedom: 9 })
    // (1 + 4)^2 / (1 / 4 + 16 / 9)
    expect(found).toEqual({ mean: 3, error: expect.closeTo(Math.sqrt(5), 12), freedom: expect.closeTo(12.3288, 4) })
  })

  it('has degrees of freedom also where nothing varies', () => {
    const known = { mean: 1, error: 0, freedom: 2 }
    expect(difference(known, known)).toEqual({ mean: 0, error: 0, freedom: 4 })
  })
})

describe('smallestDetectable', () => {
  it('is the published multiple of the standard error: 2.8 at 5% and 80% (Bloom, 1995)', () => {
    expect(smallestDetectable(1, Infinity, { level: 0.05, power: 0.8 })).toBeCloseTo(2.8, 2)
    expect(smallestDetectable(2, 10, { level: 0.05, power: 0.8 })).toBeCloseTo(2 * (2.228 + 0.879), 2)
  })
})
