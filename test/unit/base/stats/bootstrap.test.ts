import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../src/lib/base/random.ts'
import { gaussian, intervalOf, resample } from '../../../../src/lib/base/stats/bootstrap.ts'
import { mean } from '../../../../src/lib/base/stats/quantiles.ts'

describe('resample', () => {
  it('draws each group from itself alone, and as often as told', () => {
    const groups = [
      { x: 1, values: [10, 20] },
      { x: 2, values: [500] },
    ]
    const drawn = [...resample(groups, 400, createRandom('seed'))]
    expect(drawn).toHaveLength(400)
    const firsts = new Set(drawn.map(([first]) => first!.mean))
    expect(firsts).toEqual(new Set([10, 15, 20]))
    expect(drawn.every(([, second]) => second!.mean === 500 && second!.weight === 1)).toBe(true)
  })

  it('moves whole groups by the scatter', () => {
    const drawn = [...resample([{ x: 1, values: [100] }], 5000, createRandom('seed'), 10)].map(([point]) => point!.mean)
    expect(mean(drawn)).toBeCloseTo(100, 0)
    expect(Math.sqrt(mean(drawn.map((value) => (value - 100) ** 2)))).toBeCloseTo(10, 0)
  })

  it('covers a mean as often as it says, give or take the few blocks that there are', () => {
    const random = createRandom('coverage')
    let covered = 0
    for (let run = 0; run < 200; run++) {
      const values = Array.from({ length: 20 }, () => 100 + 5 * gaussian(random))
      const drawn = [...resample([{ x: 0, values }], 300, random)].map(([point]) => point!.mean)
      const { low, high } = intervalOf(mean(values), drawn)
      if (low <= 100 && high >= 100) covered++
    }
    expect(covered / 200).toBeGreaterThan(0.88)
    expect(covered / 200).toBeLessThanOrEqual(1)
  })
})

describe('intervalOf', () => {
  it('cuts 2.5% off each end, and holds the value', () => {
    const drawn = Array.from({ length: 1000 }, (_, i) => i + 1)
    expect(intervalOf(500, drawn)).toEqual({ value: 500, low: 25, high: 975 })
    expect(intervalOf(-3, drawn)).toEqual({ value: -3, low: -3, high: 975 })
  })
})
