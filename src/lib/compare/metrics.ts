import { createBlockSet, readDistribution, type BlockSet } from '../base/measure/distribution.ts'
import { formatCount } from '../base/format.ts'
import { errorsOf } from '../load/metrics/load-verdict.ts'
import type {
  CheckpointRecord,
  InsertBenchReport,
  LoadRecord,
  LoadReport,
  Report,
  SeedReport,
  StreamRecord,
} from '../record/record.ts'

/** The unit of a metric. */
export type MetricUnit = 'ms' | 'us' | 'per second' | 'share'

/** One figure of one run. */
export interface Metric {
  /** The same in every run of what was measured. */
  readonly key: string
  /** For people. */
  readonly name: string
  /** Null without samples. */
  readonly value: number | null
  readonly better: 'lower' | 'higher'
  readonly unit: MetricUnit
  /** Whether a change for the worse fails the comparison; the others are shown only. */
  readonly gates: boolean
  readonly sampling: Sampling
}

/** How a figure came about, which tells how far chance may have moved it. */
export type Sampling =
  /** A quantile `q` (0 to 1) of latencies. */
  | { readonly kind: 'quantile'; readonly q: number; readonly blocks: BlockSet }
  /** `part` of `all` events. */
  | { readonly kind: 'share'; readonly part: number; readonly all: number }
  /** The figure alone. */
  | { readonly kind: 'figure' }

/** Samples beyond a quantile without which it is a matter of single ones: p99 takes 2,000 samples. */
const minBeyond = 20

/** Every figure of a report that can be compared. */
export function metricsOf(report: Report): Metric[] {
  if (report.kind === 'load') return loadMetrics(report)
  if (report.kind === 'insert-bench') return insertBenchMetrics(report)
  // An audit passes or fails; there is nothing to be faster at.
  return report.kind === 'seed' ? seedMetrics(report) : []
}

function loadMetrics({ load }: LoadReport): Metric[] {
  const { model, iterations = 0, skipped = 0, responseTime } = load
  const blocks = readBlocks(load.slices?.responseTimes)
  const time = (name: 'p50' | 'p95' | 'p99', q: number) =>
    quantileMetric({
      key: `response_time.${name}`,
      unit: 'ms',
      value: responseTime[name],
      q,
      blocks,
      samples: load.requests,
    })
  return [
    // Not second by second: users who all began at once ask in waves, which is no chance.
    rate('rps', load.rps),
    share('failures', load.failures, load.requests),
    // A single request that is sent over and over has no scenario that could throw.
    ...(model?.kind === 'saturation' ? [] : [errorMetric(load)]),
    ...(model?.kind === 'open' ? [share('skipped', skipped, iterations + skipped)] : []),
    time('p50', 0.5),
    time('p95', 0.95),
    time('p99', 0.99),
    // Single extremes say more about the machine than about the system.
    figure('response_time.max', 'ms', responseTime.max),
    ...load.steps.map((step) => figure(`steps[${step.name}].p95`, 'ms', step.responseTime.p95)),
  ]
}

/** Beside a report of before iterations were counted, it cannot gate. */
function errorMetric(load: LoadRecord): Metric {
  const { iterations } = load
  return { ...share('errors', errorsOf(load), iterations ?? 0), gates: iterations !== undefined }
}

function insertBenchMetrics({ checkpoints, stream }: InsertBenchReport): Metric[] {
  const sizes = [...new Set(checkpoints.map(({ rows }) => rows))]
  return [
    ...(stream ? streamMetrics(stream) : []),
    ...checkpoints.flatMap((checkpoint) => checkpointMetrics(checkpoint, sizes.indexOf(checkpoint.rows))),
  ]
}

/** A table that is measured again has grown a little: what is measured first, second, ... belongs together. */
function checkpointMetrics(checkpoint: CheckpointRecord, position: number): Metric[] {
  const { rows, keys, inserts, latencies, p50, p95, p99, mean } = checkpoint
  const at = `at ${formatCount(rows)} rows${keys ? `, ${keys} keys` : ''}`
  const key = `size ${position + 1}${keys ? `, ${keys} keys` : ''}`
  const blocks = readBlocks(latencies)
  const insert = (name: string, value: number, q: number): Metric => ({
    ...quantileMetric({ key: `${key}: ${name}`, unit: 'us', value, q, blocks, samples: inserts }),
    name: `${at}: ${name}`,
  })
  return [
    insert('p50', p50, 0.5),
    insert('p95', p95, 0.95),
    insert('p99', p99, 0.99),
    { ...figure(`${key}: mean`, 'us', mean), name: `${at}: mean` },
  ]
}

function streamMetrics({ keys, inserts, seconds, exitInsertsPerSecond, stallMs }: StreamRecord): Metric[] {
  const name = `stream, ${keys} keys`
  return [
    rate(`${name}: inserts`, inserts / seconds),
    rate(`${name}: exit rate`, exitInsertsPerSecond),
    figure(`${name}: stalls`, 'ms', stallMs),
  ]
}

function seedMetrics({ rowsPerSecond }: SeedReport): Metric[] {
  return [rate('rows per second', rowsPerSecond)]
}

interface QuantileParts {
  readonly key: string
  readonly unit: MetricUnit
  readonly value: number | null
  readonly q: number
  readonly blocks: BlockSet
  /** In all, also where there are no blocks. */
  readonly samples: number
}

function quantileMetric({ key, unit, value, q, blocks, samples }: QuantileParts): Metric {
  const gates = Math.max(samples, blocks.samples) * (1 - q) >= minBeyond
  const sampling: Sampling = blocks.blocks.length > 1 ? { kind: 'quantile', q, blocks } : { kind: 'figure' }
  return { key, name: key, value, better: 'lower', unit, gates, sampling }
}

function rate(key: string, value: number): Metric {
  return { key, name: key, value, better: 'higher', unit: 'per second', gates: true, sampling: { kind: 'figure' } }
}

function share(key: string, part: number, all: number): Metric {
  const value = all > 0 ? part / all : null
  return { key, name: key, value, better: 'lower', unit: 'share', gates: true, sampling: { kind: 'share', part, all } }
}

function figure(key: string, unit: MetricUnit, value: number | null): Metric {
  return { key, name: key, value, better: 'lower', unit, gates: false, sampling: { kind: 'figure' } }
}

function readBlocks(written: readonly string[] = []): BlockSet {
  return createBlockSet(written.map(readDistribution).filter(({ values }) => values.length > 0))
}
