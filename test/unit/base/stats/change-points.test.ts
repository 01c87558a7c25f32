import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../src/lib/base/random.ts'
import { gaussian } from '../../../../src/lib/base/stats/bootstrap.ts'
import {
  bestSplit,
  findChangePoints,
  studentTest,
  type ChangePointOptions,
} from '../../../../src/lib/base/stats/change-points.ts'

const options: ChangePointOptions = { maxP: 0.001, minChange: 0.01, minSegment: 3 }

/** The scaled energy distance as its definition has it, and where it is largest. */
function byDefinition(values: readonly number[]) {
  let best = { index: 0, distance: 0 }
  for (let cut = 1; cut < values.length; cut++)
    for (let end = cut + 1; end <= values.length; end++) {
      const [left, right] = [values.slice(0, cut), values.slice(cut, end)]
      const [n, m] = [left.length, right.length]
      const mean = (some: readonly number[], others: readonly number[], pairs: number) =>
        pairs === 0 ? 0 : some.reduce((sum, a) => sum + others.reduce((own, b) => own + Math.abs(a - b), 0), 0) / pairs
      const apart = 2 * mean(left, right, n * m) - mean(left, left, n * (n - 1)) - mean(right, right, m * (m - 1))
      const distance = ((n * m) / (n + m)) * apart
      if (distance > best.distance) best = { index: cut, distance }
    }
  return best
}

describe('bestSplit', () => {
  it('is by hand between 1, 1 and 4, 4, 4', () => {
    // 2 x 3 / 5 x (2 x 3 - 0 - 0)
    expect(bestSplit([1, 1, 4, 4, 4])).toEqual({ index: 2, distance: expect.closeTo(7.2, 10) })
  })

  it('is where the definition says', () => {
    const random = createRandom('split')
    for (let run = 0; run < 20; run++) {
      const values = Array.from({ length: 12 }, (_, i) => gaussian(random) + (i > run / 2 ? 1 : 0))
      const { index, distance } = byDefinition(values)
      expect(bestSplit(values)).toEqual({ index, distance: expect.closeTo(distance, 9) })
    }
  })

  it('is nowhere where nothing differs', () => {
    expect(bestSplit([5, 5, 5])).toBeNull()
    expect(bestSplit([5])).toBeNull()
    expect(bestSplit([])).toBeNull()
  })
})

describe('findChangePoints', () => {
  it('says from which level to which', () => {
    const found = findChangePoints([10, 11, 10, 11, 20, 21, 20, 21], options)
    expect(found).toEqual([{ index: 4, before: 10.5, after: 20.5, p: expect.any(Number) }])
    expect(found[0]!.p).toBeLessThan(0.0001)
  })

  it('takes two values for no level of their own', () => {
    const values = [100, 101, 99, 100, 101, 99, 300, 301]
    expect(findChangePoints(values, { ...options, minSegment: 1 }).map(({ index }) => index)).toEqual([6])
    expect(findChangePoints(values, options)).toEqual([])
    expect(findChangePoints([...values, 300], options).map(({ index }) => index)).toEqual([6])
  })

  it('lets changes pass that are smaller than asked for', () => {
    expect(findChangePoints([10, 11, 10, 11, 20, 21, 20, 21], { ...options, minChange: 1 })).toEqual([])
  })

  it('finds nothing in noise, but for about as often as it says', () => {
    const random = createRandom('noise')
    const series = Array.from({ length: 100 }, () => Array.from({ length: 40 }, () => 100 + gaussian(random)))
    expect(series.filter((values) => findChangePoints(values, options).length > 0).length).toBeLessThan(8)
  })

  it('finds a step of three standard deviations', () => {
    const random = createRandom('step')
    for (let run = 0; run < 20; run++) {
      const values = Array.from({ length: 40 }, (_, i) => 100 + gaussian(random) + (i < 25 ? 0 : 3))
      const [found] = findChangePoints(values, options)
      expect(Math.abs((found?.index ?? 0) - 25)).toBeLessThanOrEqual(2)
    }
  })
})

describe('the significance of a split', () => {
  it("of Student's test is by hand", () => {
    // Means 2 and 5, squares 2 and 2 over 4: t = 3 / sqrt(1 x (1 / 3 + 1 / 3)) = 3.674 with 4 degrees of freedom.
    expect(studentTest([1, 2, 3, 4, 5, 6], 3)).toBeCloseTo(0.0213, 4)
    expect(studentTest([1, 2], 1)).toBe(1)
    expect(studentTest([1, 1, 1, 1], 2)).toBe(1)
    expect(studentTest([1, 1, 2, 2], 2)).toBe(0)
  })
})
