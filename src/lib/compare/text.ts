import { formatLatency, formatNumber, formatShare, formatTable, plain } from '../reports/format.ts'
import type { Paint } from '../reports/text.ts'
import type { ComparedMetric, Comparison } from './compare.ts'

/** A comparison for people: the table, then what fails it, then what differs. */
export function comparisonSummary(comparison: Comparison, maxChange: number, paint: Paint): string {
  const { metrics, faults, differences, passed } = comparison
  const rows = metrics.map((metric) => [
    metric.name,
    show(metric.baseline, metric.unit),
    show(metric.candidate, metric.unit),
    showChange(metric.changePercent),
    metric.gates ? metric.verdict : `(${metric.verdict})`,
  ])
  const verdict = passed
    ? paint.good(`Nothing got worse by more than ${maxChange}%.`)
    : paint.bad(`Worse than the ${maxChange}% allowed, or not measured, or not to be trusted: see above.`)
  return [
    formatTable(['metric', 'baseline', 'candidate', 'change', 'verdict'], rows, [1, 2, 3]),
    paint.faint('Verdicts in brackets are shown only; they do not fail the comparison.'),
    ...missingLines(metrics).map(paint.bad),
    ...faults.map((fault) => paint.bad(plain(fault))),
    ...(differences.length > 0 ? ['', 'The runs differ, so that these figures may not be comparable:'] : []),
    ...differences.map((difference) => `  ${plain(difference)}`),
    '',
    verdict,
  ].join('\n')
}

/** Which metrics fail the comparison because a side has no value for them. */
function missingLines(metrics: readonly ComparedMetric[]): string[] {
  return (['baseline', 'candidate'] as const).flatMap((side) => {
    const missing = metrics.filter((metric) => metric.gates && metric[side] === null).map(({ name }) => plain(name))
    return missing.length > 0 ? [`The ${side} has no value for ${missing.join('; ')}.`] : []
  })
}

function showChange(percent: number | null): string {
  if (percent === null) return '-'
  const rounded = Number(percent.toFixed(1))
  return `${rounded > 0 ? '+' : ''}${(rounded || 0).toFixed(1)}%`
}

function show(value: number | null, unit: ComparedMetric['unit']): string {
  if (value === null) return '-'
  if (unit === 'share') return formatShare(value)
  if (unit === 'per second') return `${formatNumber(value)}/s`
  return formatLatency(unit === 'us' ? value / 1000 : value)
}
