import { adjustByHolm } from '../base/stats/significance.ts'
import { examine, type ExamineOptions, type MetricResult } from './examine.ts'
import type { Metric } from './metrics.ts'
import type { Sides } from './noise.ts'

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
  // Without runs on one side there is nothing to compare the other with.
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

/** How a metric changed from the baseline to the candidate. */
export type MetricVerdict = 'better' | 'worse' | 'same' | 'inconclusive'

/** The thresholds from which a difference is called a change. */
export interface VerdictRule {
  /** The smallest change that matters, as a share of the baseline. */
  readonly minEffect: number
  /** Two-sided probability of a false alarm, of the whole family of metrics. */
  readonly falseAlarms: number
}

/** One request in a thousand: of shares that are nearly nothing, every change is many percent. */
const minShareDifference = 0.001

/**
 * Better or worse takes three things: an effect of at least the smallest that matters; a `p` of the result,
 * adjusted for the other metrics, that says that chance does not explain it, within runs and from run to run;
 * and a rank test over the blocks that agrees. Without them it is the same where the whole interval lies
 * within what does not matter, and inconclusive elsewhere.
 */
export function verdictOf(metric: Metric, result: MetricResult, rule: VerdictRule): MetricVerdict {
  const { effect, p, rankP } = result
  const matters = smallestThatMatters(metric, result, rule)
  const clear = p < rule.falseAlarms && (rankP === null || rankP < rule.falseAlarms)
  const large = effect.value >= matters.more || effect.value <= matters.less
  if (clear && large) return effect.value > 0 === (metric.better === 'higher') ? 'better' : 'worse'
  if (metric.sampling.kind === 'share') return large ? 'inconclusive' : 'same'
  return effect.low >= matters.less && effect.high <= matters.more ? 'same' : 'inconclusive'
}

/** As much less as more: 5% more is undone by 4.8% less. */
function smallestThatMatters({ sampling }: Metric, { baseline }: MetricResult, { minEffect }: VerdictRule) {
  if (sampling.kind !== 'share') return { more: minEffect, less: 1 / (1 + minEffect) - 1 }
  const difference = Math.max(minShareDifference, minEffect * baseline)
  return { more: difference, less: -difference }
}
