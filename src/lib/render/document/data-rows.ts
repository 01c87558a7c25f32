import type { CheckpointRecord, InsertBenchReport, LoadReport, ServerActivity } from '../../record/record.ts'
import type { DataRow } from './document.ts'

/** The timeline of a load. */
export function timelineRows({ load }: LoadReport): DataRow[] {
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
      ...activityCells(load.serverActivity, second),
    }),
  )
}

/** The values of the stretch that the second is in. */
function activityCells(activity: ServerActivity | undefined, second: number): DataRow {
  const { counters, seconds } = activity ?? { counters: [], seconds: 1 }
  return Object.fromEntries(
    counters.map((counter) => [columnOf(counter, 'second'), counter.values[Math.floor(second / seconds)]]),
  )
}

/** The checkpoints of an insert benchmark; where it has none, the buckets of its stream. */
export function insertBenchRows(report: InsertBenchReport): DataRow[] {
  return [...checkpointRows(report), ...bucketRows(report)]
}

function checkpointRows({ checkpoints }: InsertBenchReport): DataRow[] {
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

function bucketRows({ stream, checkpoints }: InsertBenchReport): DataRow[] {
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

function latencyCells({ mean, p50, p95, p99, max, insertsPerSecond }: Latencies): DataRow {
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
function controlCells({ control }: Controlled, rows: readonly Controlled[]): DataRow {
  if (rows.every((row) => row.control === undefined)) return {}
  return { control_p50_us: control?.p50, control_p99_us: control?.p99 }
}

type Counted = Pick<CheckpointRecord, 'counters'>
type Counter = NonNullable<Counted['counters']>[number]

/** The columns of all rows, so that each row has the same. */
function counterColumns(rows: readonly Counted[]): string[] {
  return [...new Set(rows.flatMap(({ counters = [] }) => counters.map((counter) => columnOf(counter, 'insert'))))]
}

function counterCells(columns: readonly string[], { counters = [] }: Counted): DataRow {
  return Object.fromEntries(
    columns.map((column) => [column, counters.find((counter) => columnOf(counter, 'insert') === column)?.value]),
  )
}

/** `log_written_bytes_per_insert`, `file_size_bytes`: what is counted and in what, which a name may say already. */
function columnOf({ name, unit, kind }: Pick<Counter, 'name' | 'unit' | 'kind'>, per: 'insert' | 'second'): string {
  const short = unit === 'microseconds' ? 'us' : unit
  const words = [...name.toLowerCase().split(' '), ...(name.split(' ').includes(unit) ? [] : [short])]
  return [...words, ...(kind === 'total' ? ['per', per] : [])].join('_')
}
