import { twoSidedP } from './student.ts'

/** Result of the rank test. */
export interface RankTest {
  /** How often a value of the first side exceeds one of the second; ties count half. */
  readonly u: number
  /** Two-sided probability of a U at least as far from its middle, were both sides alike. */
  readonly p: number
}

/** Values of both sides together up to which every order is counted; beyond, the normal distribution is near enough. */
const exactUpTo = 50

/**
 * The Mann-Whitney U test (Annals of Mathematical Statistics, 1947): whether values of one side tend to
 * be larger than those of the other, whatever their distribution. Exact, ties included, up to 50 values
 * of both sides together; beyond, by the normal distribution with continuity and tie correction
 * (Lehmann, "Nonparametrics", 1975). `p` is 1 where a side has no values.
 */
export function mannWhitney(first: readonly number[], second: readonly number[]): RankTest {
  const ranked = rank([...first, ...second])
  const n = first.length
  const rankSum = sumOf(ranked.ranks.slice(0, n))
  const u = rankSum - (n * (n + 1)) / 2
  if (n === 0 || second.length === 0) return { u, p: 1 }
  const exact = n + second.length <= exactUpTo
  return { u, p: exact ? exactP(ranked.ranks, n, rankSum) : normalP(u, n, second.length, ranked.tied) }
}

interface Ranked {
  /** From 1, in the order of the values; those that are equal share the mean of theirs. */
  readonly ranks: number[]
  /** Sum of t^3 - t over the groups of t equal values. */
  readonly tied: number
}

function rank(values: readonly number[]): Ranked {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] as number) - (values[b] as number))
  const ranks = values.map(() => 0)
  let tied = 0
  for (let from = 0; from < order.length;) {
    let to = from + 1
    while (to < order.length && values[order[to] as number] === values[order[from] as number]) to++
    for (let i = from; i < to; i++) ranks[order[i] as number] = (from + 1 + to) / 2
    tied += (to - from) ** 3 - (to - from)
    from = to
  }
  return { ranks, tied }
}

/**
 * Counts the choices of `n` of the ranks by their sum. Shared ranks are halves, so that all are doubled.
 */
function exactP(ranks: readonly number[], n: number, rankSum: number): number {
  const doubled = ranks.map((one) => Math.round(2 * one))
  const largest = sumOf(doubled)
  const ways = Array.from({ length: n + 1 }, () => new Float64Array(largest + 1))
  ;(ways[0] as Float64Array)[0] = 1
  for (const one of doubled) {
    for (let chosen = n; chosen > 0; chosen--) {
      const [to, from] = [ways[chosen] as Float64Array, ways[chosen - 1] as Float64Array]
      for (let sum = largest; sum >= one; sum--) to[sum] = (to[sum] as number) + (from[sum - one] as number)
    }
  }
  const all = ways[n] as Float64Array
  const seen = Math.round(2 * rankSum)
  const total = sumOf(all)
  return Math.min(1, (2 * Math.min(sumOf(all.subarray(0, seen + 1)), sumOf(all.subarray(seen)))) / total)
}

function normalP(u: number, n: number, m: number, tied: number): number {
  const total = n + m
  const variance = ((n * m) / 12) * (total + 1 - tied / (total * (total - 1)))
  // U moves in steps of a half or one, the normal distribution does not.
  const beyond = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5)
  return variance > 0 ? twoSidedP(beyond / Math.sqrt(variance), Infinity) : 1
}

function sumOf(values: Iterable<number>): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}

/**
 * Adjusts the p-values of a family of tests, so that those below a level hold all together at that level
 * (Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics
 * 1979). In the order given.
 */
export function adjustByHolm(ps: readonly number[]): number[] {
  const ascending = ps.map((_, index) => index).sort((a, b) => (ps[a] as number) - (ps[b] as number))
  const adjusted = [...ps]
  let largest = 0
  for (const [before, index] of ascending.entries()) {
    largest = Math.max(largest, Math.min(1, (ps.length - before) * (ps[index] as number)))
    adjusted[index] = largest
  }
  return adjusted
}
