import type { Report } from '../record/record.ts'
import { faultsOf, missedThresholds, nameRun, whyNotValid } from './faults.ts'
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

/** The runs whose figures are compared, and what became of the others. */
export interface ChosenRuns {
  readonly sides: Sides<Report>
  /** Runs or pairs that are not compared, and why. */
  readonly leftOut: readonly string[]
  /** Faults of the candidate's runs, which fail the comparison whatever the figures say. */
  readonly faults: readonly string[]
  /** So few are left that they say nothing of those that were made. */
  readonly tooFew: boolean
}

const sideNames = ['baseline', 'candidate'] as const

/**
 * Leaves out runs that are not valid, and runs of the baseline that went wrong, since nothing can be compared with them;
 * of runs in pairs, their pair. Faults of the candidate are kept: they are what a comparison is there to find. `dropped`
 * pairs were left out before.
 */
export function chooseRuns({ sides, paired }: OrderedRuns, dropped: readonly string[]): ChosenRuns {
  const obstacles = { baseline: sides.baseline.map(baselineObstacle), candidate: sides.candidate.map(whyNotValid) }
  const pairUsable = (run: number) => obstacles.baseline[run] === null && obstacles.candidate[run] === null
  const usable = (side: keyof Sides<Report>) =>
    sides[side].filter((_, run) => (paired ? pairUsable(run) : obstacles[side][run] === null))
  const left = { baseline: usable('baseline'), candidate: usable('candidate') }
  const found = sideNames.flatMap((side) =>
    sides[side].flatMap((report, run) => {
      const obstacle = obstacles[side][run]
      return obstacle ? [`${nameRun(side, report)}: ${obstacle}`] : []
    }),
  )
  return {
    sides: left,
    leftOut: [...dropped, ...found],
    faults: sides.candidate.flatMap((report) =>
      [...faultsOf(report), ...missedThresholds(report)].map((fault) => `${nameRun('candidate', report)}: ${fault}`),
    ),
    tooFew: sideNames.some((side) => isTooFew(left[side].length, sides[side].length + dropped.length)),
  }
}

/** Where more than half of the runs that were made cannot be used, those that are left were made on luck. */
export function isTooFew(left: number, made: number): boolean {
  return left === 0 || 2 * left < made
}

/** An audit by itself has no figures that it could spoil. */
function baselineObstacle(report: Report): string | null {
  return whyNotValid(report) ?? (report.kind === 'audit' ? null : (faultsOf(report)[0] ?? null))
}
