import { formatCount, formatDuration, formatLatency, formatNumber } from '../../base/format.ts'
import type { CheckpointRecord, Environment, InsertBenchReport, StreamRecord } from '../../record/record.ts'
import { thresholdAnswer } from './answers.ts'
import { formatUnit, seriesOver, type Chart } from './chart.ts'
import { rowsAxis } from './insert-bench-charts.ts'
import { curveLines } from './curve-phrases.ts'
import type { ScreenBlock, Line } from './document.ts'
import { counterTable, latencyTable, rowsOfStream, uncountedLog, type BenchRow } from './insert-bench-tables.ts'
import { connectionLines, describeRetries, durabilitySettings, nameSingleInserts, notDurable } from './run-facts.ts'
import { serverLines } from './server.ts'

/** The blocks of an insert benchmark for which a screen has room. */
export function insertBenchScreen(report: InsertBenchReport, original: string | null): ScreenBlock[] {
  const { checkpoints, environment, interrupted, model = [], stream, thresholds = [] } = report
  return [
    headerLines(report),
    interrupted ? [{ text: `stopped before its time: ${leftPhrase(report)}` }] : [],
    ...(checkpoints.length > 0 ? measuredBlocks('rows', checkpoints, { environment, original }) : []),
    curveLines(model),
    ...(stream ? measuredBlocks('up to rows', rowsOfStream(stream), { environment, original }) : []),
    stream ? streamLines(stream) : [],
    [
      ...scheduleMisses(report).map((text): Line => ({ label: 'NOT KEPT', tone: 'bad', text })),
      ...thresholdAnswer(thresholds).lines,
    ],
  ]
}

function headerLines({ environment, server, retries }: InsertBenchReport): Line[] {
  const { engine, engineVersion } = environment
  const retried = describeRetries(retries)
  const found = notDurable(environment)
  return [
    { text: `${nameSingleInserts(environment)} into ${engine} ${engineVersion} (${durabilitySettings(environment)})` },
    ...(found === null ? [] : [{ text: `${found.verdict}: ${found.because}` }]),
    ...connectionLines(environment),
    ...serverLines(server, engine),
    ...(retried === null ? [] : [{ text: `retries, within the times below: ${retried}` }]),
  ]
}

interface Beside {
  readonly environment: Environment
  readonly original: string | null
}

/** Latencies, counters and their curve on one axis. */
function measuredBlocks(axis: string, rows: readonly BenchRow[], { environment, original }: Beside): ScreenBlock[] {
  return [
    [latencyTable(axis, rows), ...controlLines(rows), ...(original === null ? [] : [{ text: original }])],
    counterBlock(axis, rows, environment),
    [latencyChart(rows)],
  ]
}

const mostStallsShown = 5

function streamLines({ inserts, seconds, exitInsertsPerSecond, stallCount, stallMs, stalls }: StreamRecord): Line[] {
  const shown = [...stalls].sort((a, b) => b.ms - a.ms).slice(0, mostStallsShown)
  const rates = `${formatNumber(inserts / seconds)}/s in all, ${formatNumber(exitInsertsPerSecond)}/s over the last tenth (exit rate)`
  return [
    `${formatCount(inserts)} inserts in ${formatDuration(seconds * 1000)}: ${rates}`,
    stallCount === 0
      ? 'no stalls: no insert took longer than 100 ms and 20 times the p50 of its bucket'
      : `${formatCount(stallCount)} stalls (longer than 100 ms and 20 times the p50), ${formatDuration(stallMs)} in all; the longest:`,
    ...shown.map(
      ({ ms, startSecond, rows }) =>
        `  ${formatLatency(ms)} at ${formatCount(rows)} rows, ${formatDuration(startSecond * 1000)} after the start`,
    ),
  ].map((text) => ({ text }))
}

/** The control statement, and whether the client was warm. */
function controlLines(rows: readonly BenchRow[]): Line[] {
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
  const unsteady = `at ${restless} of ${warmUps.length} sizes the client's own cost was not steady by the end of the warm-up`
  return [{ text: note }, ...(restless === 0 ? [] : [{ text: unsteady }])]
}

/** The server's counters on the same axis as the latencies, or why there are none. */
function counterBlock(axis: string, rows: readonly BenchRow[], environment: Environment): ScreenBlock {
  const counted = counterTable(axis, rows)
  const uncounted = uncountedLog(environment, rows)
  if (counted) return [counted, ...(uncounted === null ? [] : [{ text: uncounted }])]
  if (rows.every(({ counters }) => counters === undefined)) return []
  const onSchedule = rows.some(({ serviceTime }) => serviceTime !== undefined)
  const why =
    onSchedule && new Set(rows.map(({ keys }) => keys)).size > 1
      ? 'on a schedule they can only be told for one order of keys (--keys ascending or --keys random)'
      : 'this server tells nothing'
  return [{ text: `server counters: none; ${why}` }]
}

/** The curve of p50 and p99 over the rows, in one chart. */
function latencyChart(rows: readonly BenchRow[]): Pick<Chart, 'series' | 'x' | 'left'> {
  const series = [...new Set(rows.map(({ keys }) => keys))].flatMap((keys) => {
    const line = seriesOver(
      rows.filter((row) => row.keys === keys),
      (row) => row.rows,
    )
    const name = keys ? `${keys} ` : ''
    return [line(`${name}p50`, 'dots', 'blue', ({ p50 }) => p50), line(`${name}p99`, 'dots', 'blue', ({ p99 }) => p99)]
  })
  return { series, x: rowsAxis, left: { label: 'latency', unit: 'us', scale: 'log' } }
}

/** The schedules that were not kept, a sentence each. */
export function scheduleMisses({ checkpoints, stream }: InsertBenchReport): string[] {
  const broken = checkpoints.flatMap(({ rows, schedule }) => (schedule && !schedule.kept ? [{ rows, schedule }] : []))
  // All orders of keys at one size share its schedule.
  const sizes = broken.filter(({ rows }, index) => broken.findIndex((other) => other.rows === rows) === index)
  const places = sizes.map(({ rows, schedule }) => missPhrase(schedule, ` at ${formatCount(rows)} rows`))
  return stream?.schedule && !stream.schedule.kept ? [...places, missPhrase(stream.schedule, '')] : places
}

type Schedule = NonNullable<CheckpointRecord['schedule']>

function missPhrase({ asked, reached }: Schedule, where: string): string {
  return `the schedule was not kept${where}: ${formatNumber(asked)} inserts a second were asked for, ${formatNumber(reached)} were reached; response times hold the wait in line, which grew`
}

/** The sizes that a run lacks that was ended early, and what to do about it. */
export function leftPhrase({ missing = [] }: InsertBenchReport): string {
  if (missing.length === 0) return 'what follows is what was measured so far'
  const sizes = missing.map(formatCount).join(', ')
  return `${sizes} rows ${missing.length === 1 ? 'is' : 'are'} missing; go on with --resume`
}
