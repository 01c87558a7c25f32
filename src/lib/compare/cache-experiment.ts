import type { LoadRecord, LoadReport } from '../record/record.ts'
import type { OriginalFigures } from '../ports/workload.ts'

/** The two halves of the experiment: users read the calendar straight from the database, or through the cache. */
export type CacheSide = 'without' | 'with'

/**
 * Both come first once and last once, so that what drifts evenly from run to run (the machine's heat, a growing log) does
 * the same to both.
 */
export const sidesInTurn: readonly CacheSide[] = ['without', 'with', 'with', 'without']

/** The shortest and the longest pause between two runs, ms. */
const pauseLimitsMs = [1000, 10_000] as const

/** The pause after a run of `durationMs`, ms: a tenth of it, in which the servers finish what they put off. */
export function pauseAfter(durationMs: number): number {
  const [least, most] = pauseLimitsMs
  return Math.min(most, Math.max(least, durationMs / 10))
}

/** One run of the experiment. */
export interface CacheRun {
  readonly side: CacheSide
  readonly report: LoadReport
}

/** One figure of all runs; null where it has no samples. */
export interface ExperimentMetric {
  readonly name: (typeof names)[number]
  /** In the order of the runs. */
  readonly without: readonly (number | null)[]
  readonly with: readonly (number | null)[]
  /** With the cache over without it; null where a run has none, or 0. */
  readonly ratio: number | null
  /** Null unless it was asked for. */
  readonly original: Readonly<Record<CacheSide | 'ratio', number | null>> | null
}

const names = ['rps', 'failures', 'p50', 'p95', 'p99'] as const

const reads: Readonly<Record<(typeof names)[number], (load: LoadRecord) => number | null>> = {
  rps: ({ rps }) => rps,
  failures: ({ failures, requests }) => (requests > 0 ? failures / requests : null),
  p50: ({ responseTime }) => responseTime.p50,
  p95: ({ responseTime }) => responseTime.p95,
  p99: ({ responseTime }) => responseTime.p99,
}

/** Compares the runs of both halves with each other, figure by figure, and beside the original's unless that is null. */
export function compareSides(
  runs: readonly CacheRun[],
  original: Readonly<Record<CacheSide, OriginalFigures>> | null,
): readonly ExperimentMetric[] {
  return names.map((name) => {
    const valuesOf = (side: CacheSide) =>
      runs.filter((run) => run.side === side).map(({ report }) => reads[name](report.load))
    const values = { without: valuesOf('without'), with: valuesOf('with') }
    const theirs = original && { without: original.without[name], with: original.with[name] }
    return {
      name,
      ...values,
      ratio: ratioOf(values.without, values.with),
      original: theirs && { ...theirs, ratio: ratioOf([theirs.without], [theirs.with]) },
    }
  })
}

/** Returns the ratio of geometric means: percentiles of several runs must not be added, but their ratios may be multiplied. */
function ratioOf(before: readonly (number | null)[], after: readonly (number | null)[]): number | null {
  const [below, above] = [geometricMean(before), geometricMean(after)]
  return below === null || above === null ? null : above / below
}

function geometricMean(values: readonly (number | null)[]): number | null {
  if (values.length === 0 || values.some((value) => value === null || value === 0)) return null
  const logs = values.map((value) => Math.log(value as number))
  return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length)
}
