import { mean } from './quantiles.ts'
import { twoSidedP } from './student.ts'

/** A place in a series from which on its level is another. */
export interface ChangePoint {
  /** Index of the first value after the change. */
  readonly index: number
  /** Mean of the values since the change before, or the beginning. */
  readonly before: number
  /** Mean of the values up to the next change, or the end. */
  readonly after: number
  /** Probability of a difference as clear as this, were there no change. */
  readonly p: number
}

/** Where a series is cut in two. */
interface Split {
  readonly index: number
  /** How far apart its sides are: the scaled energy distance. */
  readonly distance: number
}

/** Which changes count. */
export interface ChangePointOptions {
  /** Above, a change is taken for chance. */
  readonly maxP: number
  /** The smallest change, as a share of the level before or after, whichever is lower. */
  readonly minChange: number
  /** Values between changes, at least: with one, a single bad night would be a change and a change back. */
  readonly minSegment: number
}

/** A change hidden between others gets clear once those were found, so that it is not dropped at once. */
const weakerBy = 10

/**
 * E-divisive means (Matteson and James, "A Nonparametric Approach for Multiple Change Point Analysis of
 * Multivariate Data", JASA 2014): the best split of the series, if it is significant, then the best ones
 * of the parts. As Apache Otava does it, the weaker of them are looked at too; then those that are not
 * significant between their neighbours, not large enough, or too near to another are dropped, the least
 * first. Ascending.
 */
export function findChangePoints(values: readonly number[], options: ChangePointOptions): ChangePoint[] {
  const { maxP, minChange, minSegment } = options
  let indexes = splitUp(values, maxP * weakerBy)
  for (;;) {
    const found = describe(values, indexes)
    const tooNear = found.filter(({ index }) => nearness(values, indexes, index) < minSegment)
    const unclear = found.filter(({ p }) => !(p <= maxP))
    const small = found.filter((change) => !(sizeOf(change) >= minChange))
    const worst = leastBy(unclear, ({ p }) => -p) ?? leastBy(tooNear, sizeOf) ?? leastBy(small, sizeOf)
    if (!worst) return found
    indexes = indexes.filter((index) => index !== worst.index)
  }
}

/** How much a level changes, as a share of the lower one. */
function sizeOf({ before, after }: Pick<ChangePoint, 'before' | 'after'>): number {
  return Math.abs(after - before) / Math.min(Math.abs(before), Math.abs(after))
}

function splitUp(values: readonly number[], maxP: number): number[] {
  const split = bestSplit(values)
  if (split === null || !(studentTest(values, split.index) <= maxP)) return []
  const { index } = split
  const right = splitUp(values.slice(index), maxP)
  return [...splitUp(values.slice(0, index), maxP), index, ...right.map((found) => found + index)]
}

/** Each change between its neighbours. */
function describe(values: readonly number[], indexes: readonly number[]): ChangePoint[] {
  return indexes.map((index, i) => {
    const from = indexes[i - 1] ?? 0
    const segment = values.slice(from, indexes[i + 1])
    const [left, right] = [segment.slice(0, index - from), segment.slice(index - from)]
    return { index, before: mean(left), after: mean(right), p: studentTest(segment, index - from) }
  })
}

/** Values to the nearer of the neighbours. */
function nearness(values: readonly number[], indexes: readonly number[], index: number): number {
  return Math.min(
    ...[0, ...indexes, values.length].filter((other) => other !== index).map((other) => Math.abs(other - index)),
  )
}

function leastBy<T>(items: readonly T[], key: (item: T) => number): T | undefined {
  return items.reduce<T | undefined>(
    (least, item) => (least === undefined || key(item) < key(least) ? item : least),
    undefined,
  )
}

/**
 * Where the sides of a split, the right one up to any end, differ most by the scaled energy distance
 * nm / (n + m) (2 E|X - Y| - E|X - X'| - E|Y - Y'|), with exponent 1. Null where nothing differs.
 */
export function bestSplit(values: readonly number[]): Split | null {
  const n = values.length
  const distances = values.map((value) => distancesBefore(values, value))
  const between = (index: number, from: number, to: number): number =>
    ((distances[index] as Float64Array)[to] as number) - ((distances[index] as Float64Array)[from] as number)
  let best: Split | null = null
  let left = 0
  for (let cut = 1; cut < n; cut++) {
    left += between(cut - 1, 0, cut - 1)
    let [across, right] = [0, 0]
    for (let end = cut + 1; end <= n; end++) {
      across += between(end - 1, 0, cut)
      right += between(end - 1, cut, end - 1)
      const distance = scaledEnergy(across, left, right, cut, end - cut)
      if (distance > (best?.distance ?? 0)) best = { index: cut, distance }
    }
  }
  return best
}

/** Sums of the distances of `value` to the first 0, 1, ... of the values. */
function distancesBefore(values: readonly number[], value: number): Float64Array {
  const sums = new Float64Array(values.length + 1)
  for (let i = 0; i < values.length; i++) sums[i + 1] = (sums[i] as number) + Math.abs(value - (values[i] as number))
  return sums
}

function scaledEnergy(across: number, left: number, right: number, n: number, m: number): number {
  const within = (n > 1 ? (m * left) / (n - 1) : 0) + (m > 1 ? (n * right) / (m - 1) : 0)
  return (2 * (across - within)) / (n + m)
}

/**
 * The probability of a difference as clear as between the values up to `index` and from there on, were there no change:
 * Student's t-test, as MongoDB and Apache Otava take it instead of the paper's permutations, which for clear changes
 * would take thousands of draws.
 */
export function studentTest(values: readonly number[], index: number): number {
  const [left, right] = [values.slice(0, index), values.slice(index)]
  const freedom = values.length - 2
  if (freedom < 1) return 1
  const pooled = (squaresAbout(left) + squaresAbout(right)) / freedom
  const difference = mean(right) - mean(left)
  if (pooled === 0) return difference === 0 ? 1 : 0
  return twoSidedP(difference / Math.sqrt(pooled * (1 / left.length + 1 / right.length)), freedom)
}

function squaresAbout(values: readonly number[]): number {
  const middle = mean(values)
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0)
}
