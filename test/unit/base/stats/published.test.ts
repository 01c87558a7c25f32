import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findChangePoints } from '../../../../src/lib/base/stats/change-points.ts'
import { mannWhitney } from '../../../../src/lib/base/stats/significance.ts'
import { mean } from '../../../../src/lib/base/stats/quantiles.ts'

interface Benchstat {
  readonly comparisons: readonly {
    readonly name: string
    readonly old: readonly number[]
    readonly new: readonly number[]
    readonly change: string
    readonly p: number
  }[]
}

interface Otava {
  readonly series: readonly {
    readonly name: string
    readonly values: readonly number[]
    readonly changePoints: readonly number[]
    readonly maxP: number
    readonly minChange?: number
  }[]
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../../fixtures/statistics/${name}`, import.meta.url), 'utf8'))
}

const benchstat = read('benchstat.json') as Benchstat
const otava = read('otava.json') as Otava

/** The mean of the middle two of an even number of values, as benchstat takes it. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return mean(sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1))
}

describe("benchstat's own examples", () => {
  it.each(benchstat.comparisons)('$name: $change, p = $p', (example) => {
    const { p } = mannWhitney(example.old, example.new)
    expect(p).toBeCloseTo(example.p, 3)
    const change = 100 * (median(example.new) / median(example.old) - 1)
    expect(p < 0.05 ? `${change.toFixed(2)}%` : '~').toBe(example.change)
  })
})

describe("Otava's own examples", () => {
  it.each(otava.series)('$name: $changePoints', ({ values, changePoints, maxP, minChange }) => {
    const options = { maxP, minChange: minChange ?? 0.01, minSegment: 3 }
    expect(findChangePoints(values, options).map(({ index }) => index)).toEqual(changePoints)
  })
})
