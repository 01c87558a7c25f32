import { levelsOf, type History, type LevelChange, type MetricHistory } from '../../compare/history.ts'
import { formatChange, formatValue } from './comparison-document.ts'
import { countOf, formatCount } from '../../base/format.ts'
import { chartOf, seriesOver, type Chart, type Unit } from './chart.ts'
import {
  answerOf,
  headlineOf,
  section,
  type Answer,
  type ScreenBlock,
  type Document,
  type Figure,
  type Line,
  type Section,
} from './document.ts'

/** Returns the document of metrics over many runs. */
export function historyDocument(history: History): Document {
  const answers = [changesAnswer(history), runsAnswer(history)]
  const [first] = history.metrics
  return {
    name: 'compare',
    kind: 'History',
    ...headlineOf(answers),
    subject: `${countOf(history.runs, 'run')}, ${first ? spanOf(first) : 'of which none has a metric to show'}`,
    startedAt: latestOf(history),
    answers,
    figures: history.metrics.slice(0, mostFigures).map(latestFigure),
    sections: history.metrics.map(metricSection),
    command: null,
    screen: historyScreen(history),
    checks: [],
    data: [],
  }
}

/** More of them would not be read at a glance. */
const mostFigures = 6

function changesAnswer({ metrics }: History): Answer {
  const changes = metrics.flatMap(({ name, changes: found }) => found.map((change) => ({ name, ...change })))
  const worse = changes.filter(({ verdict }) => verdict === 'worse')
  const question = 'Has a level changed?'
  const named = (list: typeof changes): string => [...new Set(list.map(({ name }) => name))].join(', ')
  if (worse.length > 0) {
    const detail = `${named(worse)}: the charts show from which run on.`
    return answerOf('bad', question, `${countOf(worse.length, 'change')} for the worse`, detail)
  }
  if (changes.length > 0) {
    const answer = `${countOf(changes.length, 'change')}, all for the better`
    return answerOf('good', question, answer, `${named(changes)}.`)
  }
  const detail = 'No metric has a run from which on its level is another.'
  return answerOf('good', question, 'No change', detail)
}

function runsAnswer(history: History): Answer {
  const { latest } = history
  const left = leftOutPhrases(history, 'it').map((phrase) => `${phrase}.`)
  const detail = left.join(' ') || 'None had to be left out.'
  if (latest === 'failed') return answerOf('bad', 'Which runs?', 'The latest load failed', detail)
  return answerOf('plain', 'Which runs?', 'Those that are like the latest', detail)
}

/** How many runs are left out, and why: they differ from the latest, which is called `latest`, or prove nothing. */
function leftOutPhrases({ leftOut, failed, notValid }: History, latest: string): string[] {
  const be = (count: number) => (count === 1 ? 'is' : 'are')
  const differ = leftOut === 1 ? 'differs' : 'differ'
  const figures = leftOut === 1 ? 'its figures' : 'their figures'
  return [
    ...(leftOut > 0
      ? [`${formatCount(leftOut)} that ${differ} from ${latest} in more than ${figures} ${be(leftOut)} left out`]
      : []),
    ...(failed > 0 ? [`${formatCount(failed)} in which the load failed ${be(failed)} left out`] : []),
    ...(notValid > 0 ? [`${formatCount(notValid)} that ${be(notValid)} not valid ${be(notValid)} left out`] : []),
  ]
}

/** A chart of each metric, and where its level changed; last, what became of a latest run that is not among them. */
function historyScreen(history: History): ScreenBlock[] {
  const { metrics, runs, latest } = history
  const ended: Partial<Record<History['latest'], string>> = {
    failed: 'The latest load failed.',
    'not valid': 'The latest run is not valid.',
  }
  return [
    [{ text: [countOf(runs, 'run'), ...leftOutPhrases(history, 'the latest')].join('; ') }],
    ...metrics.map((metric): ScreenBlock => [
      { text: axisName(metric), tone: 'bold' },
      metricChart(metric),
      ...(metric.changes.length > 0
        ? metric.changes.map((change) => changeLine(change, metric))
        : [{ text: metric.runs.length > 0 ? 'no change' : 'no run to show' }]),
    ]),
    ended[latest] === undefined ? [] : [{ text: ended[latest], tone: 'bad' }],
  ]
}

function changeLine(change: LevelChange, { runs, unit }: MetricHistory): Line {
  const { run, before, after, verdict } = change
  const values = `${formatValue(before, unit)} to ${formatValue(after, unit)}, ${formatChange(changeOf(change, unit), unit)}`
  const text = `${verdict} from run ${run + 1} on (${runs[run]?.startedAt}): ${values}`
  return { text, tone: verdict === 'worse' ? 'bad' : 'good' }
}

function metricSection(metric: MetricHistory): Section {
  const { name, changes, unit, runs } = metric
  const rows = changes.map((change) => [
    formatCount(change.run + 1),
    runs[change.run]?.startedAt ?? '',
    formatValue(change.before, unit),
    formatValue(change.after, unit),
    formatChange(changeOf(change, unit), unit),
    change.verdict,
  ])
  return section(name, {
    text: changes.length > 0 ? [] : ['Its level did not change.'],
    charts: runs.length > 1 ? [metricChart(metric)] : [],
    table:
      rows.length > 0
        ? { head: ['from run', 'of', 'before', 'after', 'change', 'verdict'], rows, numeric: [0, 2, 3, 4] }
        : null,
  })
}

/** A share is shown as a number of a hundred. */
const units: Readonly<Record<MetricHistory['unit'], Unit>> = {
  ms: 'ms',
  us: 'us',
  'per second': 'per second',
  share: 'number',
}

function axisName({ name, unit }: Pick<MetricHistory, 'name' | 'unit'>): string {
  return unit === 'share' ? `${name}, %` : name
}

function metricChart(metric: MetricHistory): Chart {
  const { name, unit, runs, changes } = metric
  const scaled = (value: number): number => (unit === 'share' ? 100 * value : value)
  const levels = levelsOf(metric)
  const last = runs.at(-1)?.value ?? null
  const run = seriesOver([...runs.keys()], (place) => place + 1)
  const level = seriesOver(levels, (at) => at.run + 1)
  return chartOf({
    title: `${name} from run to run`,
    summary: `${countOf(runs.length, 'run')}, the latest at ${formatValue(last, unit)}; ${countOf(changes.length, 'change')} of its level.`,
    x: { label: 'runs, oldest first', unit: 'count', scale: 'linear' },
    left: { label: axisName(metric), unit: units[unit], scale: 'linear' },
    series: [
      run('run', 'dots', 'blue', (place) => scaled(runs[place]?.value ?? 0)),
      ...(levels.length > 0 ? [level('level', 'line', 'orange', (at) => scaled(at.level))] : []),
    ],
  })
}

function latestFigure({ name, unit, runs }: MetricHistory): Figure {
  return { label: name, value: formatValue(runs.at(-1)?.value ?? null, unit), note: 'latest' }
}

function changeOf({ before, after }: LevelChange, unit: MetricHistory['unit']): number {
  return unit === 'share' ? after - before : after / before - 1
}

function spanOf({ runs }: MetricHistory): string {
  return `from ${runs[0]?.startedAt ?? '-'} to ${runs.at(-1)?.startedAt ?? '-'}`
}

function latestOf({ metrics }: History): string {
  return metrics.flatMap(({ runs }) => runs.map(({ startedAt }) => startedAt)).reduce((a, b) => (a > b ? a : b), '')
}
