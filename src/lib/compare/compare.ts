import { failure } from '../base/errors/errors.ts'
import type { Random } from '../base/random.ts'
import type { Report } from '../record/record.ts'
import { chooseRuns, orderRuns } from './choose-runs.ts'
import { compareMetrics, type ComparedMetric, type MetricVerdict } from './compare-metrics.ts'
import { differencesAmong } from './differences.ts'
import { whyNotValid } from './faults.ts'
import { metricsOf } from './metrics.ts'
import { measureNoise, type Sides } from './noise.ts'

/** Two sides, metric by metric. */
export interface Comparison {
  /**
   * The most serious verdict of the metrics that gate; worse where a run of the candidate is at fault or a metric is
   * missing, and not valid where too few runs are left to compare.
   */
  readonly verdict: MetricVerdict | 'not valid'
  /** Number of runs of each side that are compared. */
  readonly runs: { readonly baseline: number; readonly candidate: number }
  /** The runs were made in pairs, and compared pair by pair. */
  readonly paired: boolean
  /** The smallest change that matters, as a share of the baseline. */
  readonly minEffect: number
  readonly metrics: readonly ComparedMetric[]
  /** Differences between the runs apart from the figures. */
  readonly differences: readonly string[]
  /** Why the comparison fails, whatever the metrics say: an audit of the candidate that failed, a threshold it missed. */
  readonly faults: readonly string[]
  /** Runs, or pairs of runs, that are not compared, and why: most are not valid. */
  readonly leftOut: readonly string[]
}

/** How sides are compared. */
export interface CompareOptions {
  /** The smallest change that matters, as a share of the baseline. */
  readonly minEffect: number
  /** Runs of the same thing, which show what chance does; may be empty. */
  readonly noise: readonly Report[]
  /** Compare runs that differ in more than their figures all the same. */
  readonly force: boolean
  /** Pairs of runs that were made and dropped, each with the reason. */
  readonly dropped?: readonly string[]
  readonly random: Random
}

/**
 * Compares the runs of two sides. Throws `reports-differ` when they are of different kinds, or, unless that
 * is forced, differ in anything else that the figures depend on.
 */
export function compareReports(
  reports: Sides<Report>,
  { noise: given, force, dropped = [], ...options }: CompareOptions,
): Comparison {
  const all = [...reports.baseline, ...reports.candidate]
  refuseOtherKinds([...all, ...given])
  const noise = given.filter((report) => whyNotValid(report) === null)
  const differences = differencesAmong(all)
  const refused = [
    ...(force ? [] : differences),
    ...differencesAmong(noise).map((difference) => `noise: ${difference}`),
  ]
  if (refused.length > 0)
    throw failure('reports-differ', { reason: `they differ in ${refused.join('; ')}`, forcible: true })
  const ordered = orderRuns(reports)
  const { sides, leftOut, faults, tooFew } = chooseRuns(ordered, dropped)
  const metrics = compareMetrics(
    { baseline: sides.baseline.map(metricsOf), candidate: sides.candidate.map(metricsOf) },
    { ...options, paired: ordered.paired, noise: measureNoise(noise.map(metricsOf)) },
  )
  return {
    verdict: faults.length > 0 ? 'worse' : tooFew ? 'not valid' : verdictOfMetrics(metrics),
    runs: { baseline: sides.baseline.length, candidate: sides.candidate.length },
    paired: ordered.paired,
    minEffect: options.minEffect,
    metrics,
    differences,
    faults,
    leftOut,
  }
}

function refuseOtherKinds(reports: readonly Report[]): void {
  const kinds = [...new Set(reports.map(({ kind }) => kind))]
  if (kinds.length > 1)
    throw failure('reports-differ', { reason: `they are of the kinds ${kinds.join(', ')}`, forcible: false })
}

function verdictOfMetrics(metrics: readonly ComparedMetric[]): MetricVerdict {
  const verdicts = new Set(metrics.filter(({ gates }) => gates).map(({ verdict }) => verdict))
  if (verdicts.has('worse') || verdicts.has('missing')) return 'worse'
  // Where no metric has the samples to count, nothing was found out; an audit has no metrics at all.
  if (verdicts.has('inconclusive') || (verdicts.size === 0 && metrics.length > 0)) return 'inconclusive'
  return verdicts.has('better') ? 'better' : 'same'
}
