import type { ComparedMetric } from '../../compare/compare-metrics.ts'
import type { Comparison } from '../../compare/compare.ts'
import { formatLatency, formatNumber, formatShare } from '../../base/format.ts'
import type { DocumentTable } from './document.ts'

/** A row for each metric. */
export function metricTable({ metrics }: Comparison): DocumentTable {
  return {
    head: ['metric', 'baseline', 'candidate', 'change', '95% interval', 'could see', 'verdict'],
    rows: metrics.map(comparisonRow),
    numeric: [1, 2, 3, 4, 5],
  }
}

/** A metric's cells, of which "could see" is the smallest change that these runs could be expected to show. */
export function comparisonRow(metric: ComparedMetric): string[] {
  const { name, unit, baseline, candidate, effect, detectable, verdict, gates } = metric
  return [
    name,
    formatValue(baseline, unit),
    formatValue(candidate, unit),
    effect ? formatChange(effect.value, unit) : '-',
    effect ? `${formatChange(effect.low, unit)} to ${formatChange(effect.high, unit)}` : '-',
    detectable === null ? '-' : formatChange(detectable, unit).replace('+', ''),
    gates ? verdict : `(${verdict})`,
  ]
}

/** The number of runs or pairs that were compared. */
export function sidesPhrase({ runs, paired }: Comparison): string {
  const count = (runsOfSide: number) => `${runsOfSide} ${runsOfSide === 1 ? 'run' : 'runs'}`
  const sides =
    paired && runs.baseline > 1
      ? `${runs.baseline} pairs of runs`
      : `${count(runs.baseline)} against ${count(runs.candidate)}`
  return `${sides}; verdicts in brackets are shown only, they do not count.`
}

/** The verdict of a comparison in a sentence. */
export function verdictSentence({ verdict, metrics, minEffect, faults, runs, leftOut }: Comparison): string {
  const named = (which: ComparedMetric['verdict']) =>
    metrics.flatMap((metric) => (metric.gates && metric.verdict === which ? [metric.name] : [])).join(', ')
  const better = named('better') === '' ? '' : `Better: ${named('better')}. `
  const percent = `${Number((100 * minEffect).toPrecision(3))}%`
  if (verdict === 'not valid')
    return `Not valid: ${runs.baseline} runs of the baseline and ${runs.candidate} of the candidate are left to compare, ${leftOut.length} were left out. Measure again on a quieter machine, or with a lower load.`
  if (verdict === 'inconclusive' && !metrics.some(({ gates }) => gates))
    return 'Nothing can be said: no metric has the samples for it. Measure longer.'
  if (verdict === 'inconclusive')
    return `${better}Nothing is shown to be worse, but a change of ${percent} could have hidden in ${named('inconclusive')}. More pairs of runs (--run, --pairs) see smaller changes.`
  if (verdict !== 'worse') return `${better}${better ? 'Nothing is worse.' : `Nothing changed by ${percent} or more.`}`
  const reasons = [
    named('worse') === '' ? '' : `worse: ${named('worse')}`,
    named('missing') === '' ? '' : `not measured in all runs: ${named('missing')}`,
    faults.length > 0 ? 'runs of the candidate that went wrong' : '',
  ]
  return `Failed: ${reasons.filter((reason) => reason !== '').join('; ')}.`
}

/** A metric's value in its unit; `-` for none. */
export function formatValue(value: number | null, unit: ComparedMetric['unit']): string {
  if (value === null) return '-'
  if (unit === 'share') return formatShare(value)
  if (unit === 'per second') return `${formatNumber(value)}/s`
  return formatLatency(unit === 'us' ? value / 1000 : value)
}

/** Beyond, a percentage is read as a factor. */
const factorFrom = 9.995

/** `+12.3%`, `x14`; of shares, the difference in percentage points. */
export function formatChange(change: number, unit: ComparedMetric['unit']): string {
  if (change >= factorFrom) return `x${formatNumber(change + 1)}`
  const rounded = Number((100 * change).toFixed(unit === 'share' ? 2 : 1)) || 0
  return `${rounded > 0 ? '+' : ''}${rounded.toFixed(unit === 'share' ? 2 : 1)}${unit === 'share' ? ' pp' : '%'}`
}
