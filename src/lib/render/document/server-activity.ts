import { cutTo } from '../../base/cut-text.ts'
import { formatCount, formatLatency, formatNumber, upperFirst } from '../../base/format.ts'
import type { LoadRecord, ServerActivity } from '../../record/record.ts'
import {
  chartOf,
  formatUnit,
  seriesOver,
  type Chart,
  type ChartSeries,
  type Mark,
  type Tone,
  type Unit,
} from './chart.ts'
import { section, type DocumentTable, type ScreenBlock, type Section } from './document.ts'
import { faultSpans, timeAxis, wholeSeconds } from './load-charts.ts'

type Counter = ServerActivity['counters'][number]

/** A small chart has no room for more points, and a page has many of them. */
const mostPoints = 120

/** Looks of the lines of one chart, in their order. */
const looks: readonly (readonly [Mark, Tone])[] = [
  ['line', 'blue'],
  ['dashed', 'orange'],
  ['dotted', 'green'],
  ['line', 'grey'],
  ['dashed', 'red'],
]

/** The server's work beside a load: counters over its time and in a table, and its costliest statements. */
export function activitySections({ serverActivity: activity, ...load }: LoadRecord): Section[] {
  if (!activity) return []
  const { counters, statements = [] } = activity
  return [
    section('What the server did meanwhile', {
      text: activityNotes(activity).map((note) => `${upperFirst(note)}.`),
      charts: counterCharts(activity, load),
      table: counters.length > 0 ? counterTable(counters) : null,
      depth: 'brief',
    }),
    ...(statements.length > 0
      ? [
          section('The costliest statements', {
            text: [statementsText],
            table: statementTable(statements, mostOfStatement),
            depth: 'brief',
          }),
        ]
      : []),
  ]
}

const statementsText =
  'By their time in the server during the run, of all its clients, as the server counts and writes them: without their values.'

/** Characters of a statement in a table, and on a screen, which has less room for it. */
const mostOfStatement = 300
const mostOnScreen = 60

/** The same for a screen. */
export function activityBlocks({ serverActivity: activity }: LoadRecord): ScreenBlock[] {
  if (!activity) return []
  const { counters, statements = [] } = activity
  const notes = activityNotes(activity).map((text) => ({ text }))
  return [
    counters.length > 0 ? [counterTable(counters), ...notes] : notes,
    statements.length > 0 ? [statementTable(statements, mostOnScreen)] : [],
  ]
}

/** Reasons why something is missing, and the cost of the readings. */
function activityNotes({ counters, error, readMs, noStatements, statements }: ServerActivity): string[] {
  const gaps = error === undefined ? [] : [`some of what the server counted could not be read: ${error}`]
  const none = counters.length === 0 && error === undefined ? ['server counters: none; this server tells nothing'] : []
  const missing = statements === undefined && noStatements !== undefined ? [`statements: none; ${noStatements}`] : []
  const cost =
    counters.length > 0 && readMs !== undefined
      ? [
          `the server counts for all of its clients; reading that each second took ${formatLatency(readMs)}, on a connection that no load uses`,
        ]
      : []
  return [...cost, ...gaps, ...none, ...missing]
}

function counterTable(counters: readonly Counter[]): DocumentTable {
  const rows = counters.map(({ name, unit, kind, mean, highest, sum }) => {
    const shown = (value: number | null | undefined) => formatUnit(unitOf(unit), value ?? null)
    return [labelOf(name, unit, kind), shown(mean), shown(highest), kind === 'total' ? shownSum(unit, sum) : '']
  })
  return { head: ['server', 'mean', 'highest', 'in all'], rows, numeric: [1, 2, 3] }
}

function shownSum(unit: string, sum = 0): string {
  return unit === 'bytes' ? formatUnit('bytes', sum) : formatCount(sum)
}

/** `log written/s`, `lock wait time, ms/s`: with the unit where neither the name nor the value has it. */
function labelOf(name: string, unit: string, kind: Counter['kind']): string {
  const short = shortUnits[unit]
  return `${name}${short === undefined ? '' : `, ${short}`}${kind === 'total' ? '/s' : ''}`
}

const shortUnits: Readonly<Record<string, string>> = { milliseconds: 'ms', microseconds: 'us' }

function unitOf(unit: string): Unit {
  return unit === 'bytes' ? 'bytes' : 'number'
}

function statementTable(statements: NonNullable<ServerActivity['statements']>, mostCharacters: number): DocumentTable {
  const rows = statements.map(({ text, calls, ms, rows: found }) => [
    formatLatency(ms),
    formatCount(calls),
    formatLatency(calls > 0 ? ms / calls : null),
    found === null || calls === 0 ? '-' : formatNumber(found / calls),
    cutTo(mostCharacters, text),
  ])
  return { head: ['time', 'calls', 'mean', 'rows/call', 'statement'], rows, numeric: [0, 1, 2, 3] }
}

/** A chart for each kind of counter: the rates of one unit together, each level alone; none of what stayed at zero. */
function counterCharts(activity: ServerActivity, load: Pick<LoadRecord, 'timeline' | 'faults'>): Chart[] {
  const seconds = wholeSeconds(load.timeline).length
  if (seconds < 2) return []
  const moved = activity.counters.filter(({ highest }) => highest !== null && highest > 0)
  const groups = Object.values(Object.groupBy(moved, ({ kind, unit, name }) => (kind === 'level' ? name : ` ${unit}`)))
  return groups.map((counters = []) => counterChart(counters, activity.seconds, seconds, faultSpans(load)))
}

function counterChart(
  counters: readonly Counter[],
  stretchSeconds: number,
  seconds: number,
  spans: Chart['spans'],
): Chart {
  const [first] = counters
  const unit = first?.unit ?? ''
  const isLevel = first?.kind === 'level'
  return chartOf({
    title: isLevel ? first.name : counters.length > 1 ? `${unit} a second` : `${first?.name} a second`,
    summary: counters.map(summaryOf).join(' '),
    x: timeAxis,
    left: { label: isLevel ? unit : `${unit} a second`, unit: unitOf(unit), scale: 'linear' },
    series: counters.map((counter, place) => seriesOf(counter, place, stretchSeconds, seconds)),
    spans,
    size: 'small',
  })
}

function summaryOf({ name, unit, kind, mean, highest }: Counter): string {
  const shown = (value: number | null) => formatUnit(unitOf(unit), value)
  return `${name}: ${shown(mean)}${kind === 'total' ? ' a second' : ''} on average, ${shown(highest)} at most.`
}

/** So much of the values as the timeline has seconds, in few enough points. */
function seriesOf(
  { name, kind, values }: Counter,
  place: number,
  stretchSeconds: number,
  seconds: number,
): ChartSeries {
  const [mark, tone] = looks[place % looks.length] as (typeof looks)[number]
  const shown = values.slice(0, Math.ceil(seconds / stretchSeconds))
  const joined = Math.max(1, Math.ceil(shown.length / mostPoints))
  const points = Array.from({ length: Math.ceil(shown.length / joined) }, (_, point) => ({
    second: point * joined * stretchSeconds,
    value: joinValues(shown.slice(point * joined, (point + 1) * joined), kind),
  }))
  return seriesOver(points, ({ second }) => second)(name, mark, tone, ({ value }) => value)
}

function joinValues(values: readonly (number | null)[], kind: Counter['kind']): number | null {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return null
  return kind === 'level' ? (known.at(-1) ?? null) : known.reduce((sum, value) => sum + value, 0) / known.length
}
