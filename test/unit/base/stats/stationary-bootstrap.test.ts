import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../src/lib/base/random.ts'
import { gaussian } from '../../../../src/lib/base/stats/bootstrap.ts'
import { mean } from '../../../../src/lib/base/stats/quantiles.ts'
import { blockError, neighbourCorrelation, stretchLength } from '../../../../src/lib/base/stats/stationary-bootstrap.ts'

const random = createRandom('stationary bootstrap')

/** Each value is `r` times the one before it and noise, with variance 1. */
function autoregressive(length: number, r: number): number[] {
  const values = [gaussian(random)]
  for (let i = 1; i < length; i++) values.push(r * values[i - 1]! + Math.sqrt(1 - r * r) * gaussian(random))
  return values
}

/** The standard error of the mean of `values`, as drawn. */
const errorOfMean = (values: readonly number[], stretch = stretchLength(values)) =>
  blockError(
    values.length,
    stretch,
    (times) => times.reduce((sum, time, block) => sum + time * values[block]!, 0) / values.length,
    { draws: 300, random },
  )

describe('blockError', () => {
  it('is that of the mean where blocks do not depend on each other', () => {
    const errors = Array.from({ length: 30 }, () => errorOfMean(autoregressive(100, 0)))
    expect(mean(errors)).toBeGreaterThan(0.09)
    expect(mean(errors)).toBeLessThan(0.115)
  })

  it('grows with their dependence, where drawing single blocks would promise too much', () => {
    // The mean of n values of an autoregressive series has the variance (1 + r) / (1 - r) / n: 0.173 here.
    const series = Array.from({ length: 30 }, () => autoregressive(100, 0.5))
    expect(mean(series.map((values) => errorOfMean(values, 1)))).toBeLessThan(0.11)
    expect(mean(series.map((values) => errorOfMean(values)))).toBeGreaterThan(0.13)
    expect(mean(series.map((values) => errorOfMean(values)))).toBeLessThan(0.19)
  })

  it('says nothing of a single block', () => expect(errorOfMean([5])).toBeNaN())
})

describe('stretchLength', () => {
  it('is 1 without dependence, and by hand (2 r / (1 - r^2))^(2/3) n^(1/3) with it', () => {
    expect(stretchLength([1, -1, 1, -1, 1, -1])).toBe(1)
    // Correlation of 1..8 with the next: 26.25 / 42 = 0.625; (1.25 / 0.609375)^(2/3) * 2 = 3.23, over a quarter of 8.
    expect(neighbourCorrelation([1, 2, 3, 4, 5, 6, 7, 8])).toBeCloseTo(0.625, 10)
    expect(stretchLength([1, 2, 3, 4, 5, 6, 7, 8])).toBe(2)
    const wave = Array.from({ length: 64 }, (_, i) => Math.sin((i * 2 * Math.PI) / 6))
    const r = neighbourCorrelation(wave)
    expect(stretchLength(wave)).toBeCloseTo(((2 * r) / (1 - r * r)) ** (2 / 3) * 4, 10)
  })

  it('is 1 where all are equal', () => expect(stretchLength([3, 3, 3])).toBe(1))
})
