import { connectionLines } from '../../adapters/databases/connection-text.ts'
import { drawChart, type ChartSeries } from './chart.ts'
import { durabilitySettings, nameSingleInserts, notDurable } from './durability-text.ts'
import { formatCount, formatDuration, formatLatency, formatNumber, formatTable, plain } from '../../base/format.ts'
import { leftPhrase, verdictLines } from './insert-bench-verdict.ts'
import { modelLines } from './model-text.ts'
import type { Environment, InsertBenchReport, StreamRecord } from '../../record/record.ts'
import { describeRetries } from './retries-text.ts'
import { serverLines } from './server-text.ts'
import type { Table } from '../document/digest.ts'
import {
  counterTable,
  latencyTable,
  rowsOfStream,
  uncountedLog,
  type BenchRow,
} from '../document/insert-bench-tables.ts'
import { formatUnit } from '../document/units.ts'

type KeyOrder = StreamRecord['keys']

const defaultWidth = 80

/** An insert benchmark for people, charts at most `width` characters wide. `original` stands beside its figures unless null. */
export function insertBenchSummary(report: InsertBenchReport, original: string | null, width = defaultWidth): string {
  const { checkpoints, environment, interrupted, model = [], stream, retries } = report
  const retried = describeRetries(retries)
  const found = notDurable(environment)
  const sections = [
    [
      plain(
        `${nameSingleInserts(environment)} into ${environment.engine} ${environment.engineVersion} (${durabilitySettings(environment)})`,
      ),
      ...(found === null ? [] : [plain(`${found.verdict}: ${found.because}`)]),
      ...connectionLines(environment),
      ...serverLines(report.server, report.environment.engine),
    ],
    retried === null ? [] : [`retries, within the times below: ${retried}`],
    interrupted ? [`stopped before its time: ${leftPhrase(report)}`] : [],
    checkpoints.length > 0
      ? [tableText(latencyTable('rows', checkpoints)), ...controlLines(checkpoints), ...asLines(original)]
      : [],
    counterLines('rows', checkpoints, environment),
    chartLines(checkpoints, width),
    modelLines(model),
    stream ? streamLines(stream, original, { environment, width }) : [],
    verdictLines(report),
  ]
  return sections.flatMap((lines, index) => (lines.length > 0 && index > 1 ? ['', ...lines] : lines)).join('\n')
}

function streamLines(
  stream: StreamRecord,
  original: string | null,
  { environment, width }: { readonly environment: Environment; readonly width: number },
): string[] {
  const rows = rowsOfStream(stream)
  const { inserts, seconds, exitInsertsPerSecond: exit, stallCount, stallMs, stalls } = stream
  const shown = [...stalls].sort((a, b) => b.ms - a.ms).slice(0, mostStallsShown)
  const counters = counterLines('up to rows', rows, environment)
  const chart = chartLines(rows, width)
  return [
    tableText(latencyTable('up to rows', rows)),
    ...controlLines(rows),
    ...asLines(original),
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

function asLines(original: string | null): string[] {
  return original === null ? [] : [original]
}

/** What the control is, and whether the client was warm. */
function controlLines(rows: readonly BenchRow[]): string[] {
  const statement = rows.find(({ control }) => control)?.control?.statement
  if (statement === undefined) return []
  const warmUps = rows.flatMap(({ warmUp }) => warmUp ?? [])
  const restless = warmUps.filter(({ steady }) => !steady).length
  const [first] = warmUps
  const warmth =
    first?.from === undefined || first.to === undefined
      ? ''
      : `; it took ${formatUnit('us', first.from)} before the first warm-up and ${formatUnit('us', first.to)} after it`
  const note = `control: "${statement}", which costs the server next to nothing, in turns with the inserts: the client and the way${warmth}`
  return restless === 0
    ? [note]
    : [note, `at ${restless} of ${warmUps.length} sizes the client's own cost was not steady by the end of the warm-up`]
}

const mostStallsShown = 5

/** The server's counters on the same axis as the latencies, or why there are none. */
function counterLines(axis: string, rows: readonly BenchRow[], environment: Environment): string[] {
  const counted = counterTable(axis, rows)
  const uncounted = uncountedLog(environment, rows)
  if (counted) return [tableText(counted), ...(uncounted === null ? [] : [uncounted])]
  if (rows.every(({ counters }) => counters === undefined)) return []
  const onSchedule = rows.some(({ serviceTime }) => serviceTime !== undefined)
  return onSchedule && new Set(rows.map(({ keys }) => keys)).size > 1
    ? [
        'server counters: none; on a schedule they can only be told for one order of keys (--keys append or --keys random)',
      ]
    : ['server counters: none; this server tells nothing']
}

const marks: Readonly<Record<KeyOrder, { readonly p50: string; readonly p99: string }>> = {
  append: { p50: '●', p99: '○' },
  random: { p50: '■', p99: '□' },
}

/** The curve of p50 and p99 over the rows. */
function chartLines(rows: readonly BenchRow[], width: number): string[] {
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
  const chart = drawChart({
    series,
    width,
    unitX: 'rows',
    formatX: (size) => formatUnit('rows', size),
    formatY: (us) => formatUnit('us', us),
  })
  return chart === '' ? [] : [chart]
}

function tableText({ head, rows, numeric }: Table): string {
  return formatTable(head, rows, numeric)
}
