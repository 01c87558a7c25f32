import type { Random } from '../base/random.ts'
import type { Estimate } from '../base/stats/bootstrap.ts'
import { adjustByHolm } from '../base/stats/significance.ts'
import { examine, type MetricResult } from './examine.ts'
import type { Metric, MetricUnit } from './metrics.ts'
import type { Noise, Sides } from './noise.ts'
import { verdictOf, type MetricVerdict } from './verdict.ts'

/** One metric on both sides. */
export interface ComparedMetric {
  readonly name: string
  readonly unit: MetricUnit
  readonly better: Metric['better']
  /** `missing`: some run has no value for it, which fails where the metric gates. */
  readonly verdict: MetricVerdict | 'missing'
  /** Whether the verdict counts. Quantiles do where both sides have the samples for them. */
  readonly gates: boolean
  /** Levels of the sides, in the unit: the geometric mean of the runs that the change is computed from. Null without samples. */
  readonly baseline: number | null
  readonly candidate: number | null
  /** Change as a share of the baseline (0.1 is 10% more); of a share, the difference. 95% interval. */
  readonly effect: Estimate | null
  /** Probability of such an effect, were both sides the same; where it gates, adjusted for the other metrics. */
  readonly p: number | null
  /** Probability by the rank test over blocks; null where there are too few. */
  readonly rankP: number | null
  /** The largest effect that 95% of comparisons of the same with itself would show. */
  readonly noise: number | null
  /** The smallest effect that these runs could have been expected to show. */
  readonly detectable: number | null
}

/** How metrics are compared. */
export interface CompareMetricsOptions {
  /** The smallest change that matters, as a share of the baseline. */
  readonly minEffect: number
  /** The first run of one side belongs to the first of the other, and so on. */
  readonly paired: boolean
  /** Noise of runs of the same thing, by the metric's key. */
  readonly noise: ReadonlyMap<string, Noise>
  readonly random: Random
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
