import type { Percentiles } from '../../base/measure/histogram.ts'
import { errorShare } from './load-verdict.ts'
import {
  holdAgainst,
  readThreshold,
  type Threshold,
  type ThresholdMetric,
  type ThresholdMetrics,
  type ThresholdResult,
} from '../../base/threshold.ts'
import type { RunResult } from './result.ts'

type Metric = ThresholdMetric<RunResult>

const percentileNames = ['p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const

function percentileMetrics(prefix: string, read: (run: RunResult) => Percentiles): [string, Metric][] {
  return percentileNames.map((name) => [`${prefix}.${name}`, { unit: 'time', read: (run) => read(run)[name] }])
}

const named = new Map<string, Metric>([
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

const metrics: ThresholdMetrics<RunResult> = {
  known: [...named.keys(), 'steps[NAME].p99'],
  find(name) {
    const step = stepMetric.exec(name)
    if (!step) return named.get(name) ?? null
    const [, stepName, percentile] = step
    return {
      unit: 'time',
      read: (run) =>
        run.steps.find((candidate) => candidate.name === stepName)?.responseTime[percentile as keyof Percentiles] ??
        null,
    }
  },
}

/** Reads a threshold of a load, such as `response_time.p99<500ms`. Throws `usage-wrong`. */
export function parseThreshold(expression: string): Threshold {
  return readThreshold(expression, metrics)
}

/** Checks a load against a threshold. */
export function checkThreshold(threshold: Threshold, run: RunResult): ThresholdResult {
  return holdAgainst(threshold, run, metrics)
}

/** Whether one of them says how many iterations may throw. */
export function limitErrors(thresholds: readonly Threshold[]): boolean {
  return thresholds.some(({ metric }) => metric === 'errors')
}
