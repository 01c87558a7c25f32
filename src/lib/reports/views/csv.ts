import { failure } from '../../errors.ts'
import type { InsertBenchReport, LoadReport, Report } from '../record.ts'

type Cell = string | number | null | undefined

/**
 * The rows of a report as CSV (RFC 4180) with a head: the timeline of a load in ms, the checkpoints or the buckets of
 * an insert benchmark in microseconds. Throws `view-missing` for a report that has no such rows.
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
  return load.timeline.map(({ second, users, requests, failures, errors, rps, p50, p95, p99 }) => ({
    second,
    users,
    requests,
    failures,
    requests_per_second: rps,
    p50_ms: p50,
    p95_ms: p95,
    p99_ms: p99,
    iterations_thrown: errors,
  }))
}

function checkpointRows({ checkpoints }: InsertBenchReport): Record<string, Cell>[] {
  const names = counterNames(checkpoints)
  return checkpoints.map((checkpoint) => ({
    rows: checkpoint.rows,
    keys: checkpoint.keys,
    inserts: checkpoint.inserts,
    ...latencyCells(checkpoint),
    ...counterCells(names, checkpoint),
  }))
}

function bucketRows({ stream, checkpoints }: InsertBenchReport): Record<string, Cell>[] {
  if (!stream || checkpoints.length > 0) return []
  const names = counterNames(stream.buckets)
  return stream.buckets.map((bucket) => ({
    rows: bucket.toRows,
    keys: stream.keys,
    inserts: bucket.inserts,
    ...latencyCells(bucket),
    ...counterCells(names, bucket),
  }))
}

type Latencies = Pick<InsertBenchReport['checkpoints'][number], 'mean' | 'p50' | 'p95' | 'p99' | 'max'> & {
  readonly insertsPerSecond?: number | undefined
}

function latencyCells({ mean, p50, p95, p99, max, insertsPerSecond }: Latencies): Record<string, Cell> {
  return { mean_us: mean, p50_us: p50, p95_us: p95, p99_us: p99, max_us: max, inserts_per_second: insertsPerSecond }
}

type Counted = Pick<InsertBenchReport['checkpoints'][number], 'counters'>

/** Of all rows, so that each has the same columns. */
function counterNames(rows: readonly Counted[]): string[] {
  return [...new Set(rows.flatMap(({ counters = [] }) => counters.map(({ name }) => name)))]
}

function counterCells(names: readonly string[], { counters = [] }: Counted): Record<string, Cell> {
  return Object.fromEntries(names.map((name) => [name, counters.find((counter) => counter.name === name)?.value]))
}

/** A cell, quoted where it must be; text that a spreadsheet would run as a formula begins with an apostrophe. */
export function csvCell(value: Cell): string {
  if (typeof value === 'number') return String(value)
  const text = (value ?? '').replace(/^(?=[=+\-@\t\r])/, "'")
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
