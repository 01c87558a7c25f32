import { levelsOf, type History, type LevelChange, type MetricHistory } from '../../compare/history.ts'
import { drawChart } from './chart.ts'
import { formatChange, formatValue } from './comparison-text.ts'
import { countOf, formatCount, plain } from '../../base/format.ts'
import type { Paint } from './text.ts'

/** Metrics over many runs for people: a chart of each, `width` characters wide, and where its level changed. */
export function historySummary(history: History, width: number, paint: Paint): string {
  const { metrics, runs, leftOut, failed, notValid } = history
  const others =
    leftOut > 0
      ? `; ${formatCount(leftOut)} that ${leftOut === 1 ? 'differs' : 'differ'} from the latest in more than ${leftOut === 1 ? 'its figures is' : 'their figures are'} left out`
      : ''
  const failures =
    failed > 0 ? `; ${formatCount(failed)} in which the load failed ${failed === 1 ? 'is' : 'are'} left out` : ''
  const invalid =
    notValid > 0
      ? `; ${formatCount(notValid)} that ${notValid === 1 ? 'is' : 'are'} not valid ${notValid === 1 ? 'is' : 'are'} left out`
      : ''
  return [
    `${countOf(runs, 'run')}${others}${failures}${invalid}`,
    ...metrics.map((metric) => metricText(metric, width, paint)),
    ...latestLines(history, paint),
  ].join('\n\n')
}

/** What became of the latest run, where the history does not end with it. */
function latestLines({ latest }: History, paint: Paint): string[] {
  if (latest === 'failed') return [paint.bad('The latest load failed.')]
  return latest === 'not valid' ? [paint.bad('The latest run is not valid.')] : []
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
  return [
    paint.bold(plain(metric.name)),
    chart,
    ...(changes.length > 0 ? changes : [metric.runs.length > 0 ? 'no change' : 'no run to show']),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function changeLine({ run, before, after, verdict }: LevelChange, { runs, unit }: MetricHistory, paint: Paint): string {
  const change = unit === 'share' ? after - before : after / before - 1
  const words = `${verdict} from run ${run + 1} on (${runs[run]?.startedAt}): ${formatValue(before, unit)} to ${formatValue(after, unit)}, ${formatChange(change, unit)}`
  return verdict === 'worse' ? paint.bad(words) : paint.good(words)
}
