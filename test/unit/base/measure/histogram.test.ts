import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  countsOf,
  createHistogram,
  mergeCounts,
  percentilesOf,
  recordMs,
  spectrumOf,
} from '../../../../src/lib/base/measure/histogram.ts'

describe('histogram', () => {
  it('has no percentiles without samples', () => {
    expect(percentilesOf(createHistogram())).toEqual({
      p50: null,
      p90: null,
      p95: null,
      p99: null,
      p999: null,
      max: null,
    })
  })

  it('records what the library itself would', () => {
    const edges = [0, 1, 2046, 2047, 2048, 2049, 4095, 4096, 2 ** 31 - 1, 2 ** 31, 3_600_000_000, 1e12]
    const us = fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 0, max: 3_600_000_000 }), fc.nat(10_000))
    fc.assert(
      fc.property(fc.array(us, { minLength: 1 }), (values) => {
        const ours = createHistogram()
        const theirs = createHistogram()
        for (const value of values) {
          recordMs(ours, value / 1000)
          theirs.recordValue(Math.min(3_600_000_000, Math.max(1, value)))
        }
        expect(countsOf(ours)).toEqual(countsOf(theirs))
        expect([ours.maxValue, ours.minNonZeroValue]).toEqual([theirs.maxValue, theirs.minNonZeroValue])
      }),
    )
  })

  it('keeps three digits of 1 to 1,000 ms', () => {
    const histogram = createHistogram()
    for (let ms = 1; ms <= 1000; ms++) recordMs(histogram, ms)
    const { p50, p90, p99, max } = percentilesOf(histogram)
    expect(p50).toBeCloseTo(500, -0.5)
    expect(p90).toBeCloseTo(900, -0.5)
    expect(p99).toBeCloseTo(990, -0.5)
    expect(max).toBeCloseTo(1000, -0.5)
  })

  it('never throws, and no percentile lies above the maximum', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1 }), (values) => {
        const histogram = createHistogram()
        for (const value of values) recordMs(histogram, value)
        const { p50, p999, max } = percentilesOf(histogram)
        expect(p50!).toBeLessThanOrEqual(p999!)
        expect(p999!).toBeLessThanOrEqual(max!)
      }),
    )
  })

  it('loses nothing on the way to another thread: several are as good as one', () => {
    const times = fc.array(fc.double({ noNaN: true, min: 0, max: 1e7 }), { maxLength: 50 })
    fc.assert(
      fc.property(fc.array(times, { maxLength: 4 }), (parts) => {
        const histogramOf = (values: readonly number[]) => {
          const histogram = createHistogram()
          for (const value of values) recordMs(histogram, value)
          return histogram
        }
        const merged = mergeCounts(parts.map((part) => structuredClone(countsOf(histogramOf(part)))))
        const whole = histogramOf(parts.flat())
        expect(percentilesOf(merged)).toEqual(percentilesOf(whole))
        expect(countsOf(merged)).toEqual(countsOf(whole))
      }),
    )
  })
})

describe('spectrumOf', () => {
  it('goes from the smallest value to the largest, through 90, 99 and 99.9', () => {
    const [response, service] = [createHistogram(), createHistogram()]
    for (let ms = 1; ms <= 1000; ms++) {
      recordMs(response, ms * 2)
      recordMs(service, ms)
    }
    const spectrum = spectrumOf(response, service)!
    expect(spectrum.percentiles).toHaveLength(32)
    for (const [percentile, ms] of [
      [0, 1],
      [90, 900],
      [99, 990],
      [99.9, 999],
      [100, 1000],
    ] as const) {
      const place = spectrum.percentiles.indexOf(percentile)
      expect(spectrum.serviceTime[place]! / ms).toBeCloseTo(1, 2)
      expect(spectrum.responseTime[place]! / (2 * ms)).toBeCloseTo(1, 2)
    }
  })

  it('has no more percentiles than requests can tell apart', () => {
    const histogram = createHistogram()
    recordMs(histogram, 5)
    expect(spectrumOf(histogram, histogram)).toEqual({
      percentiles: [0, 100],
      responseTime: [5, 5],
      serviceTime: [5, 5],
    })
    expect(spectrumOf(createHistogram(), createHistogram())).toBeUndefined()
  })
})
