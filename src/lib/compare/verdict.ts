import type { MetricResult } from './examine.ts'
import type { Metric } from './metrics.ts'

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
