import { failure } from '../errors.ts'
import type { Percentiles } from '../measure/histogram.ts'
import { errorShare } from '../reports/load-verdict.ts'
import type { RunResult } from './result.ts'

/** A limit that a run has to hold. */
export interface Threshold {
  /** As it was given. */
  readonly expression: string
  readonly metric: string
  readonly comparator: Comparator
  /** In ms for times, as a share of 1 for rates, else as it was given. */
  readonly limit: number
}

/** A threshold held against a run. */
export interface ThresholdResult extends Threshold {
  /** Null when the metric has no samples; such a threshold is not met. */
  readonly actual: number | null
  readonly passed: boolean
}

type Comparator = '<' | '<=' | '>' | '>='
type Unit = 'time' | 'share' | 'number'

interface Metric {
  readonly unit: Unit
  readonly read: (run: RunResult) => number | null
}

const comparators: Readonly<Record<Comparator, (actual: number, limit: number) => boolean>> = {
  '<': (actual, limit) => actual < limit,
  '<=': (actual, limit) => actual <= limit,
  '>': (actual, limit) => actual > limit,
  '>=': (actual, limit) => actual >= limit,
}

const percentileNames = ['p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const

function percentileMetrics(prefix: string, read: (run: RunResult) => Percentiles): [string, Metric][] {
  return percentileNames.map((name) => [`${prefix}.${name}`, { unit: 'time', read: (run) => read(run)[name] }])
}

const metrics = new Map<string, Metric>([
  ...percentileMetrics('response_time', (run) => run.responseTime),
  ...percentileMetrics('service_time', (run) => run.serviceTime),
  ['requests', { unit: 'number', read: (run) => run.requests }],
  ['rps', { unit: 'number', read: (run) => run.rps }],
  ['failures', { unit: 'share', read: (run) => (run.requests > 0 ? run.failures / run.requests : null) }],
  ['errors', { unit: 'share', read: errorShare }],
  ['iterations', { unit: 'number', read: (run) => run.iterations }],
  ['skipped', { unit: 'share', read: skippedShare }],
  ...(['booked', 'conflict', 'failed', 'unknown'] as const).map((name): [string, Metric] => [
    `outcomes.${name}`,
    { unit: 'number', read: (run) => run.outcomes[name] },
  ]),
])

function skippedShare({ iterations, skipped }: RunResult): number | null {
  const due = iterations + skipped
  return due > 0 ? skipped / due : null
}

const stepMetric = /^steps\[(.+)\]\.(p50|p90|p95|p99|p999|max)$/

/** Powers of ten, to ms and to a share of 1; as a factor they would not be exact: 35 * 0.01 is more than 0.35. */
const units: Readonly<Record<Unit, Readonly<Record<string, number>>>> = {
  time: { us: -3, ms: 0, s: 3 },
  share: { '%': -2 },
  number: { '': 0 },
}

/**
 * Reads `response_time.p99<500ms`, `failures<1%`, `rps>=1000`, `steps[book].p95<50ms`. Throws
 * `usage-wrong`, which says what is allowed.
 */
export function parseThreshold(expression: string): Threshold {
  const parts = /^\s*(.+?)\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*([a-z%]*)\s*$/.exec(expression)
  const [, name = '', comparator = '<', amount = '', unit = ''] = parts ?? []
  const metric = findMetric(name)
  // A number too large for a double is Infinity, which no run could miss.
  if (!parts || !metric || !Number.isFinite(Number(`${amount}e3`))) {
    const known = [...metrics.keys(), 'steps[NAME].p99'].join(', ')
    throw failure('usage-wrong', {
      reason: `The threshold ${JSON.stringify(expression)} cannot be read. It takes METRIC<LIMIT, such as 'response_time.p99<500ms', with one of: ${known}.`,
    })
  }
  const power = units[metric.unit][unit]
  if (power === undefined) {
    const known = Object.keys(units[metric.unit])
      .map((word) => word || 'none')
      .join(', ')
    throw failure('usage-wrong', {
      reason: `The threshold ${JSON.stringify(expression)} needs another unit: ${name} takes ${known}.`,
    })
  }
  return { expression, metric: name, comparator: comparator as Comparator, limit: Number(`${amount}e${power}`) }
}

/** Holds a run against a threshold. A metric without samples fails: nothing was proved. */
export function checkThreshold(threshold: Threshold, run: RunResult): ThresholdResult {
  const actual = findMetric(threshold.metric)?.read(run) ?? null
  return { ...threshold, actual, passed: actual !== null && meets(threshold, actual) }
}

/** Whether so much of its metric meets a threshold. */
export function meets({ comparator, limit }: Threshold, actual: number): boolean {
  return comparators[comparator](actual, limit)
}

function findMetric(name: string): Metric | null {
  const step = stepMetric.exec(name)
  if (!step) return metrics.get(name) ?? null
  const [, stepName, percentile] = step
  return {
    unit: 'time',
    read: (run) =>
      run.steps.find((candidate) => candidate.name === stepName)?.responseTime[percentile as keyof Percentiles] ?? null,
  }
}

/** Whether one of them says how many iterations may throw. */
export function limitErrors(thresholds: readonly Threshold[]): boolean {
  return thresholds.some(({ metric }) => metric === 'errors')
}
