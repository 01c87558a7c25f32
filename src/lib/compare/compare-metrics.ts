import { adjustByHolm } from '../base/stats/significance.ts'
import { examine, type ExamineOptions, type MetricResult } from './examine.ts'
import type { Metric } from './metrics.ts'
import type { Sides } from './noise.ts'
import { verdictOf, type MetricVerdict } from './verdict.ts'

/** One metric on both sides, without samples null; where it gates, `p` is adjusted for the other metrics. */
export interface ComparedMetric
  extends
    Pick<Metric, 'name' | 'unit' | 'better' | 'gates'>,
    Readonly<{ [Key in keyof MetricResult]: MetricResult[Key] | null }> {
  /** `missing`: some run has no value for it, which fails where the metric gates. */
  readonly verdict: MetricVerdict | 'missing'
}

/** How metrics are compared. */
export interface CompareMetricsOptions extends Omit<ExamineOptions, 'level' | 'family'> {
  /** The smallest change that matters, as a share of the baseline. */
  readonly minEffect: number
}

/** Probability that a comparison of the same with itself calls any metric worse (0.01) or better (as much). */
const falseAlarms = 0.02

/** Compares runs metric by metric; the metrics of one run stand together. */
export function compareMetrics(runs: Sides<readonly Metric[]>, options: CompareMetricsOptions): ComparedMetric[] {
  // Without runs on one side there is nothing to hold the other against.
  if (runs.baseline.length === 0 || runs.candidate.length === 0) return []
  const metrics = collect(runs)
  const family = Math.max(1, metrics.filter(({ gates }) => gates).length)
  const examined = metrics.map((metric) => ({
    ...metric,
    result: metric.complete ? examine(metric.sides, { ...options, level: falseAlarms, family }) : null,
  }))
  const gating = examined.flatMap(({ gates, result }) => (gates && result ? [result] : []))
  const adjusted = adjustByHolm(gating.map(({ p }) => p))
  return examined.map(({ result, ...metric }) => {
    if (result === null) return describeMissing(metric)
    const p = adjusted[gating.indexOf(result)] ?? result.p
    return describe(metric, { ...result, p }, options.minEffect)
  })
}

interface Collected {
  /** The metric of any run, for its name. */
  readonly first: Metric
  readonly sides: Sides<Metric>
  /** Every run has a value. */
  readonly complete: boolean
  readonly gates: boolean
}

/** Each metric with its values of all runs that have it; without those that do not gate and have none. */
function collect(runs: Sides<readonly Metric[]>): Collected[] {
  const byKey = Map.groupBy([...runs.baseline, ...runs.candidate].flat(), ({ key }) => key)
  const collected = [...byKey].map(([key, all]) => {
    const valued = (side: readonly (readonly Metric[])[]) =>
      side.flatMap((metrics) => metrics.filter((metric) => metric.key === key && metric.value !== null))
    const sides = { baseline: valued(runs.baseline), candidate: valued(runs.candidate) }
    return {
      first: all[0] as Metric,
      sides,
      complete: sides.baseline.length === runs.baseline.length && sides.candidate.length === runs.candidate.length,
      gates: all.every(({ gates }) => gates),
    }
  })
  return collected.filter(({ gates, sides }) => gates || sides.baseline.length + sides.candidate.length > 0)
}

function describe({ first, gates }: Collected, result: MetricResult, minEffect: number): ComparedMetric {
  const { name, unit, better } = first
  const verdict = verdictOf(first, result, { minEffect, falseAlarms })
  return { name, unit, better, gates, verdict, ...result }
}

function describeMissing({ first, gates, sides }: Collected): ComparedMetric {
  const { name, unit, better } = first
  const valueOf = ([run]: readonly Metric[]): number | null => run?.value ?? null
  const none = { effect: null, p: null, rankP: null, noise: null, detectable: null }
  const values = { baseline: valueOf(sides.baseline), candidate: valueOf(sides.candidate) }
  return { name, unit, better, gates, verdict: 'missing', ...values, ...none }
}
