import { levelsOf, type History, type LevelChange, type MetricHistory } from '../compare/history.ts'
import { drawChart } from './chart.ts'
import { formatChange, formatValue } from './comparison-text.ts'
import { formatCount, plain } from './format.ts'
import type { Paint } from './text.ts'

/** Metrics over many runs for people: a chart of each, `width` characters wide, and where its level changed. */
export function historySummary(history: History, width: number, paint: Paint): string {
  const { metrics, runs, leftOut, failed, notValid } = history
  const others =
    leftOut > 0 ? `; ${formatCount(leftOut)} that differ from the latest in more than their figures are left out` : ''
  const failures =
    failed > 0 ? `; ${formatCount(failed)} in which the load failed ${failed === 1 ? 'is' : 'are'} left out` : ''
  const invalid = notValid > 0 ? `; ${formatCount(notValid)} that are not valid are left out` : ''
  return [
    `${runs === 1 ? '1 run' : `${formatCount(runs)} runs`}${others}${failures}${invalid}`,
    ...metrics.map((metric) => metricText(metric, width, paint)),
  ].join('\n\n')
}

function metricText(metric: MetricHistory, width: number, paint: Paint): string {
  const chart = drawChart({
    series: [
      { mark: '●', name: plain(metric.name), points: metric.runs.map(({ value }, run) => ({ x: run + 1, y: value })) },
      { mark: '─', name: 'level', points: levelsOf(metric).map(({ run, level }) => ({ x: run + 1, y: level })) },
    ],
    width,
    unitX: 'runs',
    formatX: formatCount,
    formatY: (value) => formatValue(value, metric.unit),
  })
  const changes = metric.changes.map((change) => changeLine(change, metric, paint))
  return [paint.bold(plain(metric.name)), chart, ...(changes.length > 0 ? changes : ['no change'])]
    .filter((part) => part !== '')
    .join('\n')
}

function changeLine({ run, before, after, verdict }: LevelChange, { runs, unit }: MetricHistory, paint: Paint): string {
  const change = unit === 'share' ? after - before : after / before - 1
  const words = `${verdict} from run ${run + 1} on (${runs[run]?.startedAt}): ${formatValue(before, unit)} to ${formatValue(after, unit)}, ${formatChange(change, unit)}`
  return verdict === 'worse' ? paint.bad(words) : paint.good(words)
}
