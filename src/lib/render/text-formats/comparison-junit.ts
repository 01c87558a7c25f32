import type { ComparedMetric } from '../../compare/compare-metrics.ts'
import type { Comparison } from '../../compare/compare.ts'
import { comparisonRow, verdictSentence } from '../terminal/comparison-text.ts'
import { junitXml, type JUnitCase } from './junit-xml.ts'

/** A comparison as JUnit XML: a case for each metric that gates, and one for the runs themselves. `at` is now. */
export function comparisonJunit(comparison: Comparison, at: Date): string {
  const { metrics, faults, leftOut, verdict } = comparison
  const runs: JUnitCase[] = [
    {
      group: 'compare',
      name: 'nothing went wrong in the runs of the candidate',
      failure: faults.length > 0 ? faults.join('; ') : null,
    },
    {
      group: 'compare',
      name: 'enough runs are valid',
      failure: verdict === 'not valid' ? `${verdictSentence(comparison)} ${leftOut.join('; ')}` : null,
    },
  ]
  const gating = metrics.filter(({ gates }) => gates)
  return junitXml({ name: 'rushbench compare', timestamp: at.toISOString(), cases: [...runs, ...gating.map(caseOf)] })
}

function caseOf(metric: ComparedMetric): JUnitCase {
  const [, baseline, candidate, change, interval] = comparisonRow(metric)
  const figures = `${baseline} before, ${candidate} now, ${change} (${interval})`
  const known = { group: 'compare.metrics', name: metric.name }
  if (metric.verdict === 'missing') return { ...known, failure: `not measured in all runs: ${figures}` }
  if (metric.verdict === 'worse') return { ...known, failure: `worse: ${figures}` }
  return {
    ...known,
    failure: null,
    ...(metric.verdict === 'inconclusive' ? { skipped: `inconclusive: ${figures}` } : {}),
  }
}
