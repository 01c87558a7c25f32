import { describe, expect, it } from 'vitest'
import { mean, quantile } from '../../../../src/lib/base/stats/quantiles.ts'

describe('quantile', () => {
  it('takes the nearest rank', () => {
    const values = [15, 20, 35, 40, 50]
    expect(quantile(values, 0.05)).toBe(15)
    expect(quantile(values, 0.3)).toBe(20)
    expect(quantile(values, 0.4)).toBe(20)
    expect(quantile(values, 0.5)).toBe(35)
    expect(quantile(values, 1)).toBe(50)
  })

  it('is NaN without values', () => {
    expect(quantile([], 0.5)).toBeNaN()
    expect(mean([])).toBeNaN()
  })

  it('averages', () => expect(mean([1, 2, 6])).toBe(3))
})
