import { describe, expect, it } from 'vitest'
import { createHistogram, recordMs } from '../../../../src/lib/base/measure/histogram.ts'
import { latenessOf } from '../../../../src/lib/load/metrics/generator-monitor.ts'

/** So many requests in time, and some that were late by 500 ms. */
function requests(inTime: number, late: number) {
  const histogram = createHistogram()
  for (let i = 0; i < inTime; i++) recordMs(histogram, 1)
  for (let i = 0; i < late; i++) recordMs(histogram, 500)
  return latenessOf(histogram)
}

describe('latenessOf', () => {
  it.each([
    [2000, 99],
    [1999, 95],
    [400, 95],
    [399, 90],
    [200, 90],
    [199, 50],
    [40, 50],
    [39, 100],
    [1, 100],
  ])('of %d requests is that at p%d, which has 20 beyond it', (count, percentile) =>
    expect(requests(count, 0)).toEqual({ percentile, ms: 1 }),
  )

  it('is not decided by single requests, but for the latest of very few', () => {
    expect(requests(180, 20)).toEqual({ percentile: 90, ms: 1 })
    expect(requests(178, 22)).toMatchObject({ percentile: 90, ms: expect.closeTo(500, 0) })
    expect(requests(10, 1)).toMatchObject({ percentile: 100, ms: expect.closeTo(500, 0) })
  })

  it('is not known of none', () => expect(requests(0, 0)).toBeNull())
})
