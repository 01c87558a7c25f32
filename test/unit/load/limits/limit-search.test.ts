import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bracketOf,
  nextLevel,
  type LevelTrial,
  type SearchBounds,
} from '../../../../src/lib/load/limits/limit-search.ts'
import { createRandom } from '../../../../src/lib/base/random.ts'

/** Searches a system of which `outcomeAt` says what becomes of a level; gives up after 200 trials. */
function search(outcomeAt: (level: number) => LevelTrial['outcome'], bounds: Partial<SearchBounds> = {}) {
  const trials: LevelTrial[] = []
  for (;;) {
    const level = nextLevel(trials, { first: 100, highest: 1_000_000, ...bounds })
    if (level === null || trials.length === 200) break
    trials.push({ level, outcome: outcomeAt(level) })
  }
  return { ...bracketOf(trials), levels: trials.map(({ level }) => level) }
}

const upTo = (limit: number) => (level: number) => (level <= limit ? 'held' : 'failed')

describe('the search for a limit', () => {
  it('doubles until a level fails, goes between, and repeats both ends', () => {
    const { held, failed, levels } = search(upTo(700))
    // sqrt(400 * 800) = 566, sqrt(566 * 800) = 673, sqrt(673 * 800) = 734, which is within 10% of 673.
    expect(levels).toEqual([100, 200, 400, 800, 566, 673, 734, 673, 673, 734, 734])
    expect(held).toEqual({ level: 673, held: 3, trials: 3 })
    expect(failed).toEqual({ level: 734, held: 0, trials: 3 })
  })

  it('halves when the first level fails', () => {
    const { held, failed, levels } = search(upTo(3))
    expect(levels.slice(0, 7)).toEqual([100, 50, 25, 12, 6, 3, 4])
    expect([held?.level, failed?.level]).toEqual([3, 4])
  })

  it('finds nothing where nothing holds, and says so of a level of 1', () => {
    const { held, failed, levels } = search(upTo(0), { first: 4 })
    expect(levels).toEqual([4, 2, 1, 1, 1])
    expect(held).toBeNull()
    expect(failed).toEqual({ level: 1, held: 0, trials: 3 })
  })

  it('stops at the highest level, which it repeats', () => {
    const { held, failed, levels } = search(upTo(Infinity), { highest: 250 })
    expect(levels).toEqual([100, 200, 250, 250, 250])
    expect([held, failed]).toEqual([{ level: 250, held: 3, trials: 3 }, null])
  })

  it('is within 10% of the limit of any system, or next to it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }), (limit, first) => {
        const { held, failed, levels } = search(upTo(limit), { first })
        expect(held!.level).toBeLessThanOrEqual(limit)
        if (failed) expect(failed.level).toBeGreaterThan(limit)
        if (failed) expect(failed.level <= held!.level * 1.1 || failed.level === held!.level + 1).toBe(true)
        else expect(held!.level).toBe(1_000_000)
        expect(levels.length).toBeLessThan(50)
      }),
    )
  })

  it('takes a lucky run back when repeats fail', () => {
    let lucky = true
    const { held, failed } = search((level) => {
      if (level <= 700) return 'held'
      const wasLucky = lucky && level > 720 && level < 750
      if (wasLucky) lucky = false
      return wasLucky ? 'held' : 'failed'
    })
    expect(held?.level).toBeLessThanOrEqual(700)
    expect(failed?.level).toBeGreaterThan(700)
    expect(failed!.level).toBeLessThan(held!.level * 1.1 + 1)
  })

  it('takes an unlucky run back when repeats hold', () => {
    let unlucky = true
    const { held } = search((level) => {
      if (level > 700) return 'failed'
      const wasUnlucky = unlucky && level === 400
      if (wasUnlucky) unlucky = false
      return wasUnlucky ? 'failed' : 'held'
    })
    expect(held?.level).toBeGreaterThan(600)
  })

  it('ends, near the limit, however noisy the system is', () => {
    const random = createRandom('noise')
    for (let run = 0; run < 200; run++) {
      // Around 1,000 a level holds by chance: 95% of the time at 800, 5% at 1,200.
      const chance = (level: number) => 1 / (1 + Math.exp((level - 1000) / 68))
      const { held, levels } = search((level) => (random.float() < chance(level) ? 'held' : 'failed'))
      expect(held!.level).toBeGreaterThan(600)
      expect(held!.level).toBeLessThan(1300)
      expect(levels.length).toBeLessThan(60)
    }
  })

  it('stops at what the generator cannot make, after three tries', () => {
    const { held, failed, levels } = search((level) => (level > 300 ? 'not valid' : 'held'))
    expect(levels).toEqual([100, 200, 400, 400, 400])
    expect([held, failed]).toEqual([{ level: 200, held: 1, trials: 1 }, null])
  })
})
