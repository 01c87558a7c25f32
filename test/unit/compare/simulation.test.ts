import { describe, expect, it } from 'vitest'
import { compareMetrics } from '../../../src/lib/compare/compare-metrics.ts'
import { createRandom } from '../../../src/lib/base/random.ts'
import {
  quietMachine,
  sharedMachine,
  simulatedInserts,
  simulatePairs,
  type SimulatedNoise,
} from '../../support/compare/simulated-runs.ts'

// `npm run bench:compare` does the same with a thousand comparisons of whole runs.
const work = { ...simulatedInserts, blocks: 12, samples: 40 }

/** How many of `comparisons` call p50, or any metric that gates, worse. */
function countWorse(comparisons: number, pairs: number, slowdown: number, noise: SimulatedNoise) {
  let [median, any] = [0, 0]
  for (let i = 0; i < comparisons; i++) {
    const random = createRandom(`${pairs} pairs, ${slowdown}, ${i}`)
    const options = { minEffect: 0.05, paired: true, noise: new Map(), random }
    const gating = compareMetrics(simulatePairs(pairs, slowdown, work, noise, random), options).filter(
      ({ gates }) => gates,
    )
    if (gating[0]?.verdict === 'worse') median++
    if (gating.some(({ verdict }) => verdict === 'worse')) any++
  }
  return { median, any }
}

describe('a comparison of simulated runs', () => {
  it.each([
    ['one pair', 1, quietMachine],
    ['five pairs', 5, quietMachine],
    ['five pairs on a shared machine', 5, sharedMachine],
    ['ten pairs on a shared machine', 10, sharedMachine],
  ])('of the same thing raises no alarm: %s', { timeout: 60_000 }, (_, pairs, noise) => {
    expect(countWorse(60, pairs, 1, noise).any).toBeLessThanOrEqual(1)
  })

  it('finds a slowdown of 10% in 20 pairs', { timeout: 60_000 }, () => {
    expect(countWorse(30, 20, 1.1, quietMachine).median).toBeGreaterThanOrEqual(28)
  })

  it('finds a doubling in five pairs on a quiet machine', { timeout: 60_000 }, () => {
    expect(countWorse(30, 5, 2, quietMachine).median).toBe(30)
  })
})
