import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../src/lib/base/random.ts'
import { exponential, gaussian, uniform, zipfian } from '../../../../src/lib/load/sql-script/distributions.ts'
import type { Integer } from '../../../../src/lib/load/sql-script/values.ts'

const draws = 200_000

/** Pearson's chi-square of what was drawn from 1 to the number of shares, against those shares. */
function chiSquare(draw: () => Integer, shares: readonly number[]): number {
  const seen = shares.map(() => 0)
  for (let count = 0; count < draws; count++) {
    const drawn = draw() as number
    expect(drawn >= 1 && drawn <= shares.length).toBe(true)
    seen[drawn - 1]!++
  }
  return shares.reduce((sum, share, index) => sum + (seen[index]! - share * draws) ** 2 / (share * draws), 0)
}

/** The value that chi-square exceeds once in a thousand times, with 9 degrees of freedom (NIST, table of critical values). */
const once = 27.877

const numbers = Array.from({ length: 10 }, (_, index) => index + 1)
const summedTo1 = (weights: readonly number[]): number[] => {
  const sum = weights.reduce((all, one) => all + one, 0)
  return weights.map((weight) => weight / sum)
}

/** The normal distribution up to `x`: Abramowitz and Stegun, 26.2.17, right to 7.5e-8. */
function normal(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x))
  const tail =
    (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return x >= 0 ? 1 - tail : tail
}

describe('from 1 to 10 are drawn', () => {
  it('with random: each as often', () => {
    const random = createRandom('u')
    expect(chiSquare(() => uniform(random, 1, 10), summedTo1(numbers.map(() => 1)))).toBeLessThan(once)
  })

  it('with random_zipfian, the k-th k^-parameter times as often as the first', () => {
    const random = createRandom('z')
    // 1 : 2^-1.5 : ... sums up to 1.99534; so the first is drawn 50.117% of the time.
    const shares = summedTo1(numbers.map((k) => k ** -1.5))
    expect(shares[0]).toBeCloseTo(0.50117, 5)
    expect(chiSquare(() => zipfian(random, 1, 10, 1.5), shares)).toBeLessThan(once)
  })

  it('with random_gaussian, by the bell that is cut off at the parameter', () => {
    const random = createRandom('g')
    const cut = 2.5
    // pgbench's documentation: f(x) = phi(2 * parameter * (x - mu) / (max - min + 1)) / (2 * PHI(parameter) - 1)
    const upTo = (share: number): number => (normal(2 * cut * (share - 0.5)) - normal(-cut)) / (2 * normal(cut) - 1)
    const shares = numbers.map((k) => upTo(k / 10) - upTo((k - 1) / 10))
    expect(shares[4]).toBeCloseTo(0.19387, 4)
    expect(chiSquare(() => gaussian(random, 1, 10, cut), shares)).toBeLessThan(once)
  })

  it('with random_exponential, falling to e^-parameter', () => {
    const random = createRandom('e')
    const parameter = 3
    // The k-th of n: e^(-parameter (k - 1) / n) (1 - e^(-parameter / n)) / (1 - e^-parameter); 27.276% for the first.
    const shares = numbers.map(
      (k) => (Math.exp(-parameter * ((k - 1) / 10)) * (1 - Math.exp(-parameter / 10))) / (1 - Math.exp(-parameter)),
    )
    expect(shares[0]).toBeCloseTo(0.27276, 5)
    expect(chiSquare(() => exponential(random, 1, 10, parameter), shares)).toBeLessThan(once)
  })
})

describe('the random functions', () => {
  it('tell another distribution from theirs', () => {
    const random = createRandom('z')
    const shares = summedTo1(numbers.map((k) => k ** -1.45))
    expect(chiSquare(() => zipfian(random, 1, 10, 1.5), shares)).toBeGreaterThan(once)
  })

  it('draw both ends of a range, and the one number of the smallest', () => {
    const random = createRandom('ends')
    for (const draw of [uniform, (...of: Parameters<typeof uniform>) => exponential(...of, 0.001)]) {
      expect(new Set(Array.from({ length: 200 }, () => draw(random, -1, 1)))).toEqual(new Set([-1, 0, 1]))
    }
    expect(uniform(random, 7, 7)).toBe(7)
    expect(zipfian(random, 7, 7, 1.001)).toBe(7)
    expect(gaussian(random, 7, 7, 2)).toBe(7)
  })

  it('stay in a range of all whole numbers above zero, which no number of JavaScript counts', () => {
    const random = createRandom('wide')
    const [min, max] = [1, 2n ** 63n - 1n]
    for (let count = 0; count < 2000; count++) {
      for (const drawn of [
        uniform(random, min, max),
        gaussian(random, min, max, 2),
        exponential(random, min, max, 0.1),
        zipfian(random, min, max, 1.001),
      ]) {
        expect(drawn >= min && drawn <= max).toBe(true)
      }
    }
    expect(new Set(Array.from({ length: 500 }, () => uniform(random, 2n ** 62n, 2n ** 62n + 3n))).size).toBe(4)
  })
})
