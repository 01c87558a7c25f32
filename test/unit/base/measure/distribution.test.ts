import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addDistributions,
  countSamples,
  distributionOf,
  distributionPattern,
  createBlockSet,
  quantileOf,
  readDistribution,
  writeDistribution,
} from '../../../../src/lib/base/measure/distribution.ts'
import { quantile } from '../../../../src/lib/base/stats/quantiles.ts'

const latencies = fc.array(fc.double({ min: 0.001, max: 3.6e9, noNaN: true }), { maxLength: 60 })

describe('a distribution', () => {
  it('is read as it was written, and looks as a report demands', () => {
    expect(writeDistribution(readDistribution('850 871x3 1204'))).toBe('850 871x3 1204')
    expect(readDistribution('')).toEqual({ values: [], counts: [] })
    fc.assert(
      fc.property(latencies, (samples) => {
        const text = writeDistribution(distributionOf(samples))
        expect(text).toMatch(new RegExp(distributionPattern))
        expect(readDistribution(text)).toEqual(distributionOf(samples))
      }),
    )
  })

  it.each(['0', '5x0', 'x3', '5 ', ' 5', '5x', '-5', '5.5', '5x3x3'])('does not look like %j', (text) =>
    expect(text).not.toMatch(new RegExp(distributionPattern)),
  )

  it('moves no latency by more than half a percent, or half a microsecond', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 3.6e9, noNaN: true }), (latency) => {
        const [value] = distributionOf([latency]).values
        expect(Math.abs(value! - latency)).toBeLessThanOrEqual(0.00502 * latency + 0.5)
      }),
    )
  })

  it('does not depend on how its samples were split', () => {
    fc.assert(
      fc.property(latencies, latencies, (some, others) => {
        const together = addDistributions(distributionOf(some), distributionOf(others))
        expect(together).toEqual(distributionOf([...some, ...others]))
      }),
    )
  })

  it('counts its samples', () => expect(countSamples(readDistribution('1 2x3 7x2'))).toBe(6))
})

describe('createBlockSet', () => {
  it('has the quantiles of the blocks as often as they are taken', () => {
    const blocks = createBlockSet([readDistribution('10x2 30'), readDistribution('20 40')])
    expect(blocks.quantile(0.5, [1, 1])).toBe(20)
    expect(blocks.quantile(1, [1, 0])).toBe(30)
    // 10, 10, 20, 20, 20, 30, 40, 40, 40
    expect(blocks.quantile(5 / 9, [1, 3])).toBe(20)
    expect(blocks.quantile(6 / 9, [1, 3])).toBe(30)
    expect(blocks.quantile(0.5, [0, 0])).toBeNaN()
  })

  it('agrees with sorting all samples', () => {
    const values = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(
        fc.array(values, { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, q) => {
          const blocks = all.map(distributionOf)
          const times = all.map((_, index) => index + 1)
          const taken = blocks.flatMap(({ values: own, counts }, block) =>
            own.flatMap((value, i) => Array.from({ length: counts[i]! * times[block]! }, () => value)),
          )
          expect(quantileOf(blocks[0]!, q)).toBe(createBlockSet(blocks.slice(0, 1)).quantile(q, [1]))
          expect(createBlockSet(blocks).quantile(q, times)).toBe(
            quantile(
              taken.sort((a, b) => a - b),
              q,
            ),
          )
        },
      ),
    )
  })
})
