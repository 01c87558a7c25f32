import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../src/lib/base/random.ts'
import { createDraw, distributionNames } from '../../../../src/lib/workloads/shared/distributions.ts'

const draws = 200_000

function countsOf(name: (typeof distributionNames)[number], rows: number): number[] {
  const draw = createDraw(name, rows)
  const random = createRandom('distributions')
  const counts = Array.from({ length: rows + 1 }, () => 0)
  for (let times = 0; times < draws; times++) {
    const row = draw(random)
    expect(Number.isInteger(row) && row >= 1 && row <= rows, `${name}: ${row}`).toBe(true)
    counts[row] = (counts[row] as number) + 1
  }
  return counts
}

const shareOf = (counts: readonly number[], from: number, to: number): number =>
  counts.slice(from, to + 1).reduce((sum, count) => sum + count, 0) / draws

describe('a distribution of rows', () => {
  it.each(distributionNames)('draws every row it may, and no other: %s', (name) => {
    for (const rows of [1, 2, 3]) {
      const counts = countsOf(name, rows)
      expect(counts.slice(1).every((count) => count > 0)).toBe(true)
    }
  })

  it('asks for rows as often as its formula says', () => {
    expect(shareOf(countsOf('uniform', 1000), 1, 100)).toBeCloseTo(0.1, 2)
    // A fifth of the rows gets four fifths of the draws.
    expect(shareOf(countsOf('pareto', 1000), 1, 200)).toBeCloseTo(0.8, 2)
    // 1 / sum of k^-0.8 for k from 1 to 100 is 1 / 8.10; the second row gets 2^-0.8 = 0.574 of the first.
    const zipf = countsOf('zipf', 100)
    const sum = Array.from({ length: 100 }, (_, index) => (index + 1) ** -0.8).reduce((all, share) => all + share, 0)
    expect(shareOf(zipf, 1, 1)).toBeCloseTo(1 / sum, 2)
    expect(shareOf(zipf, 2, 2)).toBeCloseTo(2 ** -0.8 / sum, 2)
    // Three of four draws fall onto 1% of the rows in the middle, and half of the bell onto each side of them.
    const special = countsOf('special', 10_000)
    expect(shareOf(special, 4900, 5099)).toBeGreaterThan(0.75)
    expect(shareOf(special, 1, 4900)).toBeCloseTo(0.1, 1)
  })
})
