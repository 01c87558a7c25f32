import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fitConstant,
  fitHinge,
  fitLine,
  informationCriterion,
  pointsOf,
  scatterBeyondNoise,
  squaresWithin,
  type Group,
} from '../../../../src/lib/base/stats/curve.ts'

const group = (x: number, ...values: number[]): Group => ({ x, values })
const one = (...ys: number[]) => pointsOf(ys.map((y, x) => group(x, y)))

describe('fits by hand', () => {
  it('a constant is the weighted mean', () => {
    const points = pointsOf([group(0, 1, 1, 1), group(1, 5)])
    const fitted = fitConstant(points)!
    expect(fitted.at(7)).toBe(2)
    // 3 (1 - 2)^2 + (5 - 2)^2
    expect(fitted.squares).toBe(12)
  })

  it('a line: y = 1.5 + x through 1, 3, 4, 4', () => {
    const fitted = fitLine(one(1, 3, 4, 4))!
    expect(fitted.slope).toBeCloseTo(1)
    expect(fitted.at(0)).toBeCloseTo(1.5)
    // residuals -0.5, 0.5, 0.5, -0.5
    expect(fitted.squares).toBeCloseTo(1)
    expect(fitLine(one(1))).toBeNull()
  })

  it('a hinge: flat at 2 up to x = 2, then 3 for each x', () => {
    const fitted = fitHinge(one(2, 2, 2, 5, 8))!
    expect(fitted.knee).toBeCloseTo(2)
    expect(fitted.slope).toBeCloseTo(3)
    expect(fitted.at(0)).toBeCloseTo(2)
    expect(fitted.squares).toBeCloseTo(0)
  })

  it('has no hinge where nothing rises, or with fewer than five points', () => {
    expect(fitHinge(one(5, 5, 5, 3, 1))).toBeNull()
    expect(fitHinge(one(1, 1, 2, 3))).toBeNull()
  })
})

describe('the information criterion by hand', () => {
  it('is n ln(RSS / n) + k ln n', () => {
    const groups = [group(0, 1, 3), group(1, 5, 7)]
    // The line goes through the means 2 and 6: RSS = 1 + 1 + 1 + 1, k = 3.
    expect(informationCriterion(groups, fitLine(pointsOf(groups))!, 0.1)).toBeCloseTo(3 * Math.log(4))
    // The constant at 4 misses by 9, 1, 1, 9: RSS = 20, k = 2.
    expect(informationCriterion(groups, fitConstant(pointsOf(groups))!, 0.1)).toBeCloseTo(
      4 * Math.log(5) + 2 * Math.log(4),
    )
  })

  it('stays a number without any noise', () => {
    const groups = [group(0, 1, 1), group(1, 1, 1)]
    expect(informationCriterion(groups, fitConstant(pointsOf(groups))!, 0.1)).toBeCloseTo(
      4 * Math.log(0.01) + 2 * Math.log(4),
    )
  })
})

describe('scatterBeyondNoise', () => {
  it('is 0 where the values within the groups account for it', () => {
    const groups = [group(0, 0, 10), group(1, 1, 11), group(2, 0, 10)]
    expect(squaresWithin(groups)).toBe(150)
    expect(scatterBeyondNoise(groups, fitConstant(pointsOf(groups))!)).toBe(0)
  })

  it('is the deviation of the means, by hand', () => {
    const groups = [group(0, 0, 2), group(1, 10, 12), group(2, 20, 22)]
    // Means 1, 11, 21 about 11: 2 (100 + 0 + 100) / 2 free = 200; noise 6 / 3 = 2; (200 - 2) / 2 values = 99.
    expect(scatterBeyondNoise(groups, fitConstant(pointsOf(groups))!)).toBeCloseTo(Math.sqrt(99))
  })
})

describe('every fit', () => {
  const ys = fc.array(fc.double({ min: 0, max: 1000, noNaN: true }), { minLength: 5, maxLength: 9 })

  it('misses by no more than a simpler one', () => {
    fc.assert(
      fc.property(ys, (values) => {
        const points = one(...values)
        const constant = fitConstant(points)!
        expect(fitLine(points)!.squares).toBeLessThanOrEqual(constant.squares + 1e-6)
        expect(fitHinge(points)?.squares ?? 0).toBeLessThanOrEqual(constant.squares + 1e-6)
      }),
    )
  })

  it('goes with the values when all are moved or stretched', () => {
    fc.assert(
      fc.property(ys, fc.double({ min: 0.5, max: 4, noNaN: true }), (values, by) => {
        const line = fitLine(one(...values))!
        const moved = fitLine(one(...values.map((value) => value * by + 7)))!
        expect(moved.at(3)).toBeCloseTo(line.at(3) * by + 7, 5)
      }),
    )
  })
})
