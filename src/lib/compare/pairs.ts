import type { Report } from '../record/record.ts'
import type { Sides } from './noise.ts'

/** Runs in the order in which they were made. */
export interface OrderedRuns {
  readonly sides: Sides<Report>
  /** Each two that follow one another are a pair, one of either side: A B, B A, A B, ... */
  readonly paired: boolean
}

/** Orders runs by time, and finds out whether they were made in pairs. */
export function orderRuns({ baseline, candidate }: Sides<Report>): OrderedRuns {
  const byTime = (a: Report, b: Report) => Date.parse(a.startedAt) - Date.parse(b.startedAt)
  const sides = { baseline: baseline.toSorted(byTime), candidate: candidate.toSorted(byTime) }
  const isBaseline = new Set(baseline)
  const order = [...baseline, ...candidate].sort(byTime).map((report) => isBaseline.has(report))
  const paired = order.every((side, i) => i % 2 === 0 || side !== order[i - 1])
  return { sides, paired: paired && baseline.length === candidate.length }
}

/** Which side runs next, through all `pairs`; the last of one pair is the first of the next, so that drift hits both alike. */
export function planPairs(pairs: number): (keyof Sides<Report>)[] {
  return Array.from({ length: pairs }, (_, pair): (keyof Sides<Report>)[] =>
    pair % 2 === 0 ? ['baseline', 'candidate'] : ['candidate', 'baseline'],
  ).flat()
}
