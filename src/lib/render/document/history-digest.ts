import { levelsOf, type History, type LevelChange, type MetricHistory } from '../../compare/history.ts'
import { formatChange, formatValue } from '../terminal/comparison-text.ts'
import { countOf, formatCount } from '../../base/format.ts'
import type { Chart } from './chart.ts'
import { headlineOf, section, type Answer, type Digest, type Figure, type Section } from './digest.ts'
import type { Unit } from './units.ts'

/** Metrics over many runs, for people. */
export function historyDigest(history: History): Digest {
  const answers = [changesAnswer(history), runsAnswer(history)]
  const [first] = history.metrics
  return {
    kind: 'History',
    ...headlineOf(answers),
    subject: `${countOf(history.runs, 'run')}, ${first ? spanOf(first) : 'of which none has a metric to show'}`,
    startedAt: latestOf(history),
    answers,
    figures: history.metrics.slice(0, mostFigures).map(latestFigure),
    sections: history.metrics.map(metricSection),
    command: null,
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
    return { question, verdict: 'bad', answer: `${countOf(worse.length, 'change')} for the worse`, detail }
  }
  if (changes.length > 0) {
    const answer = `${countOf(changes.length, 'change')}, all for the better`
    return { question, verdict: 'good', answer, detail: `${named(changes)}.` }
  }
  const detail = 'No metric has a run from which on its level is another.'
  return { question, verdict: 'good', answer: 'No change', detail }
}

function runsAnswer({ leftOut, failed, notValid, latest }: History): Answer {
  const sentences = [
    ...(leftOut > 0
      ? [
          `${formatCount(leftOut)} that ${leftOut === 1 ? 'differs' : 'differ'} from it in more than ${leftOut === 1 ? 'its figures is' : 'their figures are'} left out.`,
        ]
      : []),
    ...(failed > 0 ? [`${formatCount(failed)} in which the load failed ${failed === 1 ? 'is' : 'are'} left out.`] : []),
    ...(notValid > 0
      ? [
          `${formatCount(notValid)} that ${notValid === 1 ? 'is' : 'are'} not valid ${notValid === 1 ? 'is' : 'are'} left out.`,
        ]
      : []),
  ]
  return {
    question: 'Which runs?',
    verdict: latest === 'failed' ? 'bad' : 'plain',
    answer: latest === 'failed' ? 'The latest load failed' : 'Those that are like the latest',
    detail: sentences.join(' ') || 'None had to be left out.',
  }
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
    charts: runs.length > 1 ? [chartOf(metric)] : [],
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

function chartOf(metric: MetricHistory): Chart {
  const { name, unit, runs, changes } = metric
  const scaled = (value: number): number => (unit === 'share' ? 100 * value : value)
  const levels = levelsOf(metric)
  const last = runs.at(-1)?.value ?? null
  return {
    title: `${name} from run to run`,
    summary: `${countOf(runs.length, 'run')}, the latest at ${formatValue(last, unit)}; ${countOf(changes.length, 'change')} of its level.`,
    x: { label: 'runs, oldest first', unit: 'count', scale: 'linear' },
    left: { label: unit === 'share' ? `${name}, %` : name, unit: units[unit], scale: 'linear' },
    right: null,
    series: [
      {
        name: 'run',
        mark: 'dots',
        tone: 'blue',
        axis: 'left',
        xs: runs.map((_, run) => run + 1),
        ys: runs.map(({ value }) => scaled(value)),
      },
      ...(levels.length > 0
        ? [
            {
              name: 'level',
              mark: 'line' as const,
              tone: 'orange' as const,
              axis: 'left' as const,
              xs: levels.map(({ run }) => run + 1),
              ys: levels.map(({ level }) => scaled(level)),
            },
          ]
        : []),
    ],
    bands: [],
    spans: [],
    size: 'large',
  }
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
