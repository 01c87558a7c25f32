import { describe, expect, it } from 'vitest'
import { createHistogram, recordMs } from '../../../../src/lib/base/measure/histogram.ts'
import { spectrumOf } from '../../../../src/lib/base/measure/spectrum.ts'

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
