import { formatLatency, formatNumber, formatShare } from '../../base/format.ts'
import type { ExperimentMetric } from '../../compare/cache-experiment.ts'
import type { DocumentTable } from './document.ts'

const labels: Readonly<Record<ExperimentMetric['name'], string>> = {
  rps: 'requests/s',
  failures: 'failures',
  p50: 'response time p50',
  p95: 'response time p95',
  p99: 'response time p99',
}

/** A table of every run, the ratio, and the original beside them where it was asked for. */
export function cacheExperimentTable(metrics: readonly ExperimentMetric[]): DocumentTable {
  const [first] = metrics
  const runs = (side: 'without' | 'with') => (first?.[side] ?? []).map((_, index) => `${side} ${index + 1}`)
  const head = [
    'cache',
    ...runs('without'),
    ...runs('with'),
    'ratio',
    ...(first?.original ? ['original without', 'with', 'ratio'] : []),
  ]
  const rows = metrics.map(({ name, original, ratio, ...values }) => [
    labels[name],
    ...[...values.without, ...values.with].map((value) => formatFigure(name, value)),
    formatRatio(ratio),
    ...(original
      ? [formatFigure(name, original.without), formatFigure(name, original.with), formatRatio(original.ratio)]
      : []),
  ])
  return { head, rows, numeric: head.slice(1).map((_, column) => column + 1) }
}

function formatFigure(name: ExperimentMetric['name'], value: number | null): string {
  if (value === null) return '-'
  if (name === 'rps') return formatNumber(value)
  return name === 'failures' ? formatShare(value) : formatLatency(value)
}

function formatRatio(ratio: number | null): string {
  return ratio === null ? '-' : formatNumber(ratio)
}
