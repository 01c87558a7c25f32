import { describe, expect, it } from 'vitest'
import { countSamples, distributionOf, readDistribution } from '../../../../src/lib/base/measure/distribution.ts'
import { createWindowCollector } from '../../../../src/lib/load/metrics/timeline.ts'

const sizes = (responseTimes: readonly string[]) => responseTimes.map((text) => countSamples(readDistribution(text)))

/** A run in which one more request ends each second, and one after the last. */
function collect(seconds: number) {
  const collector = createWindowCollector()
  for (let second = 1; second <= seconds; second++)
    collector.addSecond(distributionOf(Array.from({ length: second }, () => 5000)))
  return collector.finish(distributionOf([5000]))
}

describe('createWindowCollector', () => {
  it('makes a window of each second, and puts what came after the last one into it', () => {
    const { seconds, responseTimes } = collect(3)
    expect({ seconds, sizes: sizes(responseTimes) }).toEqual({ seconds: 1, sizes: [1, 2, 4] })
  })

  it('doubles their length when they are 64, and keeps every request', () => {
    const { seconds, responseTimes } = collect(67)
    expect(seconds).toBe(2)
    expect(responseTimes).toHaveLength(33)
    // Seconds 1 and 2, ... then 65 and 66 with the 67th, which is no whole window.
    expect(sizes(responseTimes).slice(0, 2)).toEqual([3, 7])
    expect(sizes(responseTimes).at(-1)).toBe(65 + 66 + 67 + 1)
    expect(collect(300)).toMatchObject({ seconds: 8, responseTimes: { length: 37 } })
  })

  it('has one window for a run that ended in its first second', () => {
    expect(createWindowCollector().finish(distributionOf([850])).responseTimes).toEqual(['854'])
  })
})
