import { failure } from '../../base/errors/errors.ts'
import { judgeLoad } from '../metrics/load-verdict.ts'
import type { Threshold } from '../../base/threshold.ts'
import { checkThreshold, limitErrors, parseThreshold } from '../metrics/thresholds.ts'
import type { RunResult } from '../metrics/result.ts'

/** The conditions that a level has to meet. */
export interface Limit {
  /** As it was given. */
  readonly expression: string
  readonly conditions: readonly Threshold[]
  /** Requests that a trial needs before it may be said to hold. */
  readonly requests: number
  /** Iterations that it needs. */
  readonly iterations: number
}

/** Requests that must lie beyond a percentile before it is more than the luck of a few. */
const beyondPercentile = 10

/** Without a single failure in n requests, the true share is still below 3 / n with 95% confidence (rule of three). */
const ruleOfThree = 3

/** Requests that a maximum is taken over at least; no number would be enough. */
const requestsForMax = 1000

const percentiles: Readonly<Record<string, number>> = { p50: 50, p90: 90, p95: 95, p99: 99, p999: 99.9, max: 100 }

/** A percentile (0 to 100) of all that `of` names. */
interface MetricPercentile {
  readonly of: string
  readonly percentile: number
}

/** Parses a metric such as `response_time.p99`; null when it is no percentile. */
export function percentileOf(metric: string): MetricPercentile | null {
  const [, of = '', name = ''] = /^(.+)\.([^.]+)$/.exec(metric) ?? []
  const percentile = percentiles[name]
  return percentile === undefined ? null : { of, percentile }
}

/** Reads `response_time.p99<200ms and failures<0.1%`. Throws `usage-wrong`. */
export function parseLimit(expression: string): Limit {
  const conditions = expression.split(/(?<=\s)and(?=\s)/).map((condition) => parseThreshold(condition.trim()))
  const lower = conditions.find(({ metric }) => metric === 'requests' || metric === 'iterations')
  if (lower) {
    throw failure('usage-wrong', { reason: `${lower.metric} grows with the length of a run and cannot be a limit.` })
  }
  return {
    expression,
    conditions,
    requests: most(conditions.map(requestsFor)),
    iterations: most(conditions.map(iterationsFor)),
  }
}

function most(counts: readonly number[]): number {
  return Math.max(1, ...counts)
}

function iterationsFor({ metric, limit }: Threshold): number {
  return metric === 'errors' && limit > 0 ? Math.ceil(ruleOfThree / limit) : 1
}

function requestsFor({ metric, limit }: Threshold): number {
  if (metric === 'failures') return limit > 0 ? Math.ceil(ruleOfThree / limit) : 1
  const percentile = percentileOf(metric)?.percentile
  if (percentile === undefined) return 1
  return percentile === 100 ? requestsForMax : Math.ceil((100 * beyondPercentile) / (100 - percentile) - 1e-6)
}

/**
 * Whether a run held the limit. One that had to skip iterations did not make the load that was asked for, and one in
 * which nothing was asked, everything failed, or more iterations threw than may, proves nothing by being fast.
 */
export function holds({ conditions }: Limit, run: RunResult): boolean {
  const limitsSkipped = conditions.some(({ metric }) => metric === 'skipped')
  if (run.skipped > 0 && !limitsSkipped) return false
  if (judgeLoad(run, limitErrors(conditions)).length > 0) return false
  return conditions.every((condition) => checkThreshold(condition, run).passed)
}
