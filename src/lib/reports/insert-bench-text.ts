import { drawChart, type ChartSeries } from './chart.ts'
import { formatBytes, formatCount, formatDuration, formatLatency, formatNumber, formatTable, plain } from './format.ts'
import { modelLines } from './model-text.ts'
import type { InsertBenchReport } from './record.ts'
import { nameSingleInserts } from './single-inserts.ts'

type Checkpoint = InsertBenchReport['checkpoints'][number]
type Stream = NonNullable<InsertBenchReport['stream']>
type Counter = NonNullable<Checkpoint['counters']>[number]
type KeyOrder = Stream['keys']

/** A line of the tables: inserts at or up to one table size. */
interface Row extends Omit<Checkpoint, 'rows' | 'blocks'> {
  readonly rows: number
}

const msPerUs = 0.001
const defaultWidth = 80

/** An insert benchmark for people, charts at most `width` characters wide. `original` stands beside its figures. */
export function insertBenchSummary(report: InsertBenchReport, original: string, width = defaultWidth): string {
  const { checkpoints, environment, interrupted, model = [], stream } = report
  const durability = Object.entries(environment.durability).map(([name, value]) => `${name}=${value}`)
  const sections = [
    [
      plain(
        `${nameSingleInserts(environment)} into ${environment.engine} ${environment.engineVersion} (${durability.join(', ')})`,
      ),
    ],
    interrupted ? ['stopped before its time: what follows is what was measured so far'] : [],
    checkpoints.length > 0 ? [latencyTable('rows', checkpoints), original] : [],
    counterLines('rows', checkpoints),
    chartLines(checkpoints, width),
    modelLines(model),
    stream ? streamLines(stream, original, width) : [],
  ]
  return sections.flatMap((lines, index) => (lines.length > 0 && index > 1 ? ['', ...lines] : lines)).join('\n')
}

function streamLines(stream: Stream, original: string, width: number): string[] {
  const rows = stream.buckets.map(({ toRows, ...bucket }): Row => ({ ...bucket, rows: toRows, keys: stream.keys }))
  const { inserts, seconds, exitInsertsPerSecond: exit, stallCount, stallMs, stalls } = stream
  const shown = [...stalls].sort((a, b) => b.ms - a.ms).slice(0, mostStallsShown)
  const counters = counterLines('up to rows', rows)
  const chart = chartLines(rows, width)
  return [
    latencyTable('up to rows', rows),
    original,
    ...(counters.length > 0 ? ['', ...counters] : []),
    ...(chart.length > 0 ? ['', ...chart] : []),
    '',
    `${formatCount(inserts)} inserts in ${formatDuration(seconds * 1000)}: ${formatNumber(inserts / seconds)}/s in all, ${formatNumber(exit)}/s over the last tenth (exit rate)`,
    stallCount === 0
      ? 'no stalls: no insert took longer than 100 ms and 20 times the p50 of its bucket'
      : `${formatCount(stallCount)} stalls (longer than 100 ms and 20 times the p50), ${formatDuration(stallMs)} in all; the longest:`,
    ...shown.map(
      ({ ms, startSecond, rows: size }) =>
        `  ${formatLatency(ms)} at ${formatCount(size)} rows, ${formatDuration(startSecond * 1000)} after the start`,
    ),
  ]
}

const mostStallsShown = 5

/** A row for each table size and order of keys; on a schedule, service times beside the response times. */
function latencyTable(axis: string, rows: readonly Row[]): string {
  const keyed = rows.some(({ keys }) => keys !== undefined)
  const timed = rows.some(({ serviceTime }) => serviceTime !== undefined)
  const rated = rows.some(({ insertsPerSecond }) => insertsPerSecond !== undefined)
  const head = [
    axis,
    ...(keyed ? ['keys'] : []),
    'inserts',
    'mean',
    'p50',
    'p95',
    'p99',
    'max',
    ...(timed ? ['service p50', 'service p99'] : []),
    ...(rated ? ['inserts/s'] : []),
  ]
  const lines = rows.map((row) => [
    formatCount(row.rows),
    ...(keyed ? [row.keys ?? ''] : []),
    formatCount(row.inserts),
    ...[row.mean, row.p50, row.p95, row.p99, row.max].map(formatUs),
    ...(timed ? [formatUs(row.serviceTime?.p50), formatUs(row.serviceTime?.p99)] : []),
    ...(rated ? [row.insertsPerSecond === undefined ? '-' : formatNumber(row.insertsPerSecond)] : []),
  ])
  return formatTable(head, lines, rightAligned(head))
}

/** The server's counters on the same axis as the latencies, or why there are none. */
function counterLines(axis: string, rows: readonly Row[]): string[] {
  const all = rows.flatMap(({ counters = [] }) => counters)
  const names = [...new Set(all.map(({ name }) => name))]
  if (names.length === 0) {
    const unasked = rows.every(({ counters }) => counters === undefined)
    if (unasked) return []
    const onSchedule = rows.some(({ serviceTime }) => serviceTime !== undefined)
    return onSchedule && new Set(rows.map(({ keys }) => keys)).size > 1
      ? [
          'server counters: none; on a schedule they can only be told for one order of keys (--keys append or --keys random)',
        ]
      : ['server counters: none; this server tells nothing']
  }
  const keyed = rows.some(({ keys }) => keys !== undefined)
  const isLevel = (name: string): boolean => all.some((counter) => counter.name === name && counter.kind === 'level')
  const head = [axis, ...(keyed ? ['keys'] : []), ...names.map((name) => `${name}${isLevel(name) ? '' : '/insert'}`)]
  const lines = rows.map(({ rows: size, keys, counters = [] }) => [
    formatCount(size),
    ...(keyed ? [keys ?? ''] : []),
    ...names.map((name) => formatCounter(counters.find((counter) => counter.name === name))),
  ])
  return [formatTable(head, lines, rightAligned(head))]
}

const marks: Readonly<Record<KeyOrder, { readonly p50: string; readonly p99: string }>> = {
  append: { p50: '●', p99: '○' },
  random: { p50: '■', p99: '□' },
}

/** The curve of p50 and p99 over the rows. */
function chartLines(rows: readonly Row[], width: number): string[] {
  const orders = [...new Set(rows.map(({ keys }) => keys))]
  const series = orders.flatMap((keys): ChartSeries[] => {
    const own = rows.filter((row) => row.keys === keys)
    const name = keys ? `${keys} ` : ''
    const mark = marks[keys ?? 'append']
    return [
      { mark: mark.p50, name: `${name}p50`, points: own.map(({ rows: x, p50: y }) => ({ x, y })) },
      { mark: mark.p99, name: `${name}p99`, points: own.map(({ rows: x, p99: y }) => ({ x, y })) },
    ]
  })
  const chart = drawChart({ series, width, unitX: 'rows', formatX: shortCount, formatY: formatUs })
  return chart === '' ? [] : [chart]
}

/** `200k`, `1.5m`: as sizes are given to `--at`. */
function shortCount(rows: number): string {
  const [value, unit] = rows >= 1e6 ? [rows / 1e6, 'm'] : rows >= 1e3 ? [rows / 1e3, 'k'] : [rows, '']
  return `${Number(value.toPrecision(3))}${unit}`
}

/** All but the order of keys are numbers. */
function rightAligned(head: readonly string[]): number[] {
  return head.flatMap((name, column) => (name === 'keys' ? [] : [column]))
}

function formatCounter(counter: Counter | undefined): string {
  if (!counter) return '-'
  return counter.unit === 'bytes' ? formatBytes(counter.value) : formatNumber(counter.value)
}

function formatUs(us: number | undefined): string {
  return formatLatency(us === undefined ? null : us * msPerUs)
}
