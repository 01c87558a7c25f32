import type { InsertBenchReport, LoadReport, Report, SeedReport } from '../reports/record.ts'

type StreamReport = NonNullable<InsertBenchReport['stream']>

/** One figure of a report. */
export interface Metric {
  /** The same in both reports. */
  readonly name: string
  /** Null without samples. */
  readonly value: number | null
  readonly better: 'lower' | 'higher'
  readonly unit: 'ms' | 'us' | 'per second' | 'share'
  /** Whether a change for the worse fails the comparison; the others are shown only. */
  readonly gates: boolean
}

/** Every figure of a report that can be compared. */
export function metricsOf(report: Report): Metric[] {
  if (report.kind === 'load') return loadMetrics(report)
  if (report.kind === 'insert-bench') return insertBenchMetrics(report)
  // An audit passes or fails; there is nothing to be faster at.
  return report.kind === 'seed' ? seedMetrics(report) : []
}

function loadMetrics({ load }: LoadReport): Metric[] {
  const { model, iterations = 0, skipped = 0 } = load
  const failures = load.requests > 0 ? load.failures / load.requests : null
  const skippedShare = iterations + skipped > 0 ? skipped / (iterations + skipped) : null
  return [
    { name: 'rps', value: load.rps, better: 'higher', unit: 'per second', gates: true },
    share('failures', failures),
    ...(model?.kind === 'open' ? [share('skipped', skippedShare)] : []),
    time('response_time.p50', load.responseTime.p50, true),
    time('response_time.p95', load.responseTime.p95, true),
    time('response_time.p99', load.responseTime.p99, true),
    // Single extremes say more about the machine than about the system.
    time('response_time.max', load.responseTime.max, false),
    ...load.steps.map((step) => time(`steps[${step.name}].p95`, step.responseTime.p95, false)),
  ]
}

function share(name: string, value: number | null): Metric {
  return { name, value, better: 'lower', unit: 'share', gates: true }
}

function insertBenchMetrics({ checkpoints, stream }: InsertBenchReport): Metric[] {
  const streamed = stream ? streamMetrics(stream) : []
  return [...streamed, ...checkpointMetrics(checkpoints)]
}

function streamMetrics({ keys, inserts, seconds, exitInsertsPerSecond, stallMs }: StreamReport): Metric[] {
  const name = `stream, ${keys} keys`
  const rate = (of: string, value: number): Metric => ({
    name: `${name}: ${of}`,
    value,
    better: 'higher',
    unit: 'per second',
    gates: true,
  })
  return [
    rate('inserts', inserts / seconds),
    rate('exit rate', exitInsertsPerSecond),
    time(`${name}: stalls`, stallMs, false),
  ]
}

function checkpointMetrics(checkpoints: InsertBenchReport['checkpoints']): Metric[] {
  return checkpoints.flatMap(({ rows, keys, p50, p95, p99, mean }) => {
    // The same size may be measured once for each order of keys.
    const at = `at ${rows} rows${keys ? `, ${keys} keys` : ''}`
    return [
      insert(`${at}: p50`, p50, true),
      insert(`${at}: mean`, mean, true),
      insert(`${at}: p95`, p95, true),
      insert(`${at}: p99`, p99, false),
    ]
  })
}

function seedMetrics({ rowsPerSecond }: SeedReport): Metric[] {
  return [{ name: 'rows per second', value: rowsPerSecond, better: 'higher', unit: 'per second', gates: true }]
}

function time(name: string, value: number | null, gates: boolean): Metric {
  return { name, value, better: 'lower', unit: 'ms', gates }
}

function insert(name: string, value: number, gates: boolean): Metric {
  return { name, value, better: 'lower', unit: 'us', gates }
}
