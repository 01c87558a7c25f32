import { failure } from '../../base/errors/errors.ts'
import type { CheckpointRecord, InsertBenchReport, LoadReport, Report } from '../../record/record.ts'

type Cell = string | number | null | undefined

/**
 * The rows of a report as CSV (RFC 4180) with a head that names units: the timeline of a load, the checkpoints or the
 * buckets of an insert benchmark. Throws `view-missing` for a report that has no such rows.
 */
export function csvReport(report: Report): string {
  const rows = rowsOf(report)
  const [first] = rows
  if (!first) throw failure('view-missing', { kind: report.kind, view: 'csv' })
  return [Object.keys(first), ...rows.map((row) => Object.values(row))]
    .map((cells) => `${cells.map(csvCell).join(',')}\r\n`)
    .join('')
}

function rowsOf(report: Report): Record<string, Cell>[] {
  if (report.kind === 'load') return timelineRows(report)
  return report.kind === 'insert-bench' ? [...checkpointRows(report), ...bucketRows(report)] : []
}

function timelineRows({ load }: LoadReport): Record<string, Cell>[] {
  return load.timeline.map(
    ({ second, durationMs = 1000, users, requests, failures, errors, skipped, rps, p50, p95, p99 }) => ({
      second,
      users,
      requests,
      failures,
      requests_per_second: rps,
      p50_ms: p50,
      p95_ms: p95,
      p99_ms: p99,
      iterations_thrown: errors,
      iterations_skipped: skipped,
      duration_ms: durationMs,
    }),
  )
}

function checkpointRows({ checkpoints }: InsertBenchReport): Record<string, Cell>[] {
  const columns = counterColumns(checkpoints)
  return checkpoints.map((checkpoint) => ({
    rows: checkpoint.rows,
    keys: checkpoint.keys,
    inserts: checkpoint.inserts,
    ...latencyCells(checkpoint),
    ...controlCells(checkpoint, checkpoints),
    ...counterCells(columns, checkpoint),
  }))
}

function bucketRows({ stream, checkpoints }: InsertBenchReport): Record<string, Cell>[] {
  if (!stream || checkpoints.length > 0) return []
  const columns = counterColumns(stream.buckets)
  return stream.buckets.map((bucket) => ({
    rows: bucket.toRows,
    keys: stream.keys,
    inserts: bucket.inserts,
    ...latencyCells(bucket),
    ...controlCells(bucket, stream.buckets),
    ...counterCells(columns, bucket),
  }))
}

type Latencies = Pick<CheckpointRecord, 'mean' | 'p50' | 'p95' | 'p99' | 'max'> & {
  readonly insertsPerSecond?: number | undefined
}

function latencyCells({ mean, p50, p95, p99, max, insertsPerSecond }: Latencies): Record<string, Cell> {
  return {
    mean_us: mean,
    p50_us: p50,
    p95_us: p95,
    p99_us: p99,
    max_us: max,
    inserts_per_second: insertsPerSecond,
  }
}

type Controlled = Pick<CheckpointRecord, 'control'>

/** Where any of the rows has a control, so that each has the same columns. */
function controlCells({ control }: Controlled, rows: readonly Controlled[]): Record<string, Cell> {
  if (rows.every((row) => row.control === undefined)) return {}
  return { control_p50_us: control?.p50, control_p99_us: control?.p99 }
}

type Counted = Pick<CheckpointRecord, 'counters'>
type Counter = NonNullable<Counted['counters']>[number]

/** Of all rows, so that each has the same columns. */
function counterColumns(rows: readonly Counted[]): string[] {
  return [...new Set(rows.flatMap(({ counters = [] }) => counters.map(columnOf)))]
}

function counterCells(columns: readonly string[], { counters = [] }: Counted): Record<string, Cell> {
  return Object.fromEntries(
    columns.map((column) => [column, counters.find((counter) => columnOf(counter) === column)?.value]),
  )
}

/** `log_written_bytes_per_insert`, `file_size_bytes`: what is counted and in what, which a name may say already. */
function columnOf({ name, unit, kind }: Counter): string {
  const short = unit === 'microseconds' ? 'us' : unit
  const words = [...name.toLowerCase().split(' '), ...(name.split(' ').includes(unit) ? [] : [short])]
  return [...words, ...(kind === 'total' ? ['per', 'insert'] : [])].join('_')
}

/** A cell, quoted where it must be; text that a spreadsheet would run as a formula begins with an apostrophe. */
export function csvCell(value: Cell): string {
  if (typeof value === 'number') return String(value)
  const text = (value ?? '').replace(/^(?=[=+\-@\t\r])/, "'")
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
