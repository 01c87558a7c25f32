import { failure } from '../base/errors/errors.ts'
import { loadFaults } from '../load/metrics/load-verdict.ts'
import type { Report } from '../record/record.ts'
import { findChangePoints } from '../base/stats/change-points.ts'
import { differencesOf } from './differences.ts'
import { whyNotValid } from './faults.ts'
import { metricsOf, type Metric, type MetricUnit } from './metrics.ts'

/** One metric over many runs. */
export interface MetricHistory {
  readonly name: string
  readonly unit: MetricUnit
  /** In the order in which they were measured. */
  readonly runs: readonly {
    /** UTC, ISO 8601. */
    readonly startedAt: string
    readonly value: number
  }[]
  readonly changes: readonly LevelChange[]
}

/** From one run on, the level is another. */
export interface LevelChange {
  /** Number of the first run with the new level, from 0. */
  readonly run: number
  /** Mean up to there since the change before, and from there to the next, in the metric's unit. */
  readonly before: number
  readonly after: number
  readonly verdict: 'better' | 'worse'
  /** Probability of a difference as clear as this, were there no change. */
  readonly p: number
}

/** Metrics over the valid runs that are like the latest. */
export interface History {
  readonly metrics: readonly MetricHistory[]
  readonly runs: number
  /** Reports of another kind, or that differ in more than their figures from the latest. */
  readonly leftOut: number
  /** Loads that proved nothing, whatever their figures: every answer a quick 404, say. */
  readonly failed: number
  /** Reports of runs whose generator could not keep up, left out as well. */
  readonly notValid: number
  /** Fate of the latest of all reports that were given: whether the history ends with it. */
  readonly latest: 'shown' | 'failed' | 'not valid'
}

/** Which metrics, and which changes count. */
export interface HistoryOptions {
  /** All that gate when it is left out. */
  readonly metric?: string | undefined
  /** The smallest change that matters, as a share of the lower level. */
  readonly minEffect: number
}

/** The default of Apache Otava. */
const maxP = 0.001
/** Runs that a level lasts, at least. */
const minSegment = 3

/**
 * How metrics changed over the runs that are like the latest, and from which run on their level is another,
 * so that a drift is seen of which each step is too small for a comparison. Throws `metric-unknown`.
 */
export function describeHistory(reports: readonly Report[], options: HistoryOptions): History {
  const ascending = reports.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt))
  const valid = ascending.filter((report) => whyNotValid(report) === null)
  const latest = valid.at(-1)
  const notValid = ascending.length - valid.length
  if (!latest) return { metrics: [], runs: 0, leftOut: 0, failed: 0, notValid, latest: 'not valid' }
  const comparable = valid.filter((report) => differencesOf(report, latest).length === 0)
  const alike = comparable.filter((report) => !hasFailed(report))
  const metrics = chooseMetrics(metricsOf(latest), options.metric).map((metric) =>
    historyOf(metric, alike, options.minEffect),
  )
  return {
    metrics,
    runs: alike.length,
    leftOut: valid.length - comparable.length,
    failed: comparable.length - alike.length,
    notValid,
    latest: latest !== ascending.at(-1) ? 'not valid' : hasFailed(latest) ? 'failed' : 'shown',
  }
}

function hasFailed(report: Report): boolean {
  return report.kind === 'load' && loadFaults(report).length > 0
}

/** Whether the latest load failed, or the latest change of any metric is for the worse. */
export function hasWorsened({ metrics, latest }: History): boolean {
  return latest === 'failed' || metrics.some(({ changes }) => changes.at(-1)?.verdict === 'worse')
}

function chooseMetrics(metrics: readonly Metric[], wanted: string | undefined): Metric[] {
  if (wanted === undefined) return metrics.filter(({ gates }) => gates)
  const chosen = metrics.filter(({ name, key }) => name === wanted || key === wanted)
  if (chosen.length === 0) throw failure('metric-unknown', { metric: wanted, known: metrics.map(({ key }) => key) })
  return chosen
}

function historyOf({ key, name, unit, better }: Metric, reports: readonly Report[], minEffect: number): MetricHistory {
  const runs = reports.flatMap((report) => {
    const value = metricsOf(report).find((metric) => metric.key === key)?.value ?? null
    return value === null ? [] : [{ startedAt: report.startedAt, value }]
  })
  const found = findChangePoints(
    runs.map(({ value }) => value),
    { maxP, minChange: minEffect, minSegment },
  )
  const changes = found.map(({ index, before, after, p }): LevelChange => {
    const verdict = after > before === (better === 'higher') ? 'better' : 'worse'
    return { run: index, before, after, verdict, p }
  })
  return { name, unit, runs, changes }
}

/** At each run, the mean of the stretch between changes that it lies in; empty where the level never changed. */
export function levelsOf({ runs, changes }: MetricHistory): { readonly run: number; readonly level: number }[] {
  const [first] = changes
  return runs.flatMap((_, run) => {
    const level = changes.findLast((change) => change.run <= run)?.after ?? first?.before
    return level === undefined ? [] : [{ run, level }]
  })
}
