import {
  holdAgainst,
  readThreshold,
  type Threshold,
  type ThresholdMetric,
  type ThresholdMetrics,
  type ThresholdResult,
} from '../base/threshold.ts'
import type { Checkpoint, Latencies } from './measure.ts'
import type { Stream } from './stream.ts'

/** Measurements as thresholds see them. */
export interface Measured {
  readonly checkpoints: readonly Checkpoint[]
  readonly stream?: Stream | undefined
}

type Metric = ThresholdMetric<Measured>

/** A size, or a stretch of a stream. */
type Row = Latencies & Pick<Checkpoint, 'inserts' | 'serviceTime' | 'insertsPerSecond' | 'schedule'>

const percentiles = ['p50', 'p95', 'p99', 'max'] as const
const usPerMs = 1000

function rowsOf({ checkpoints, stream }: Measured): readonly Row[] {
  return [...checkpoints, ...(stream?.buckets ?? [])]
}

/** Every size has to hold, so that the worst is taken. */
function worst(read: (row: Row) => Latencies, percentile: (typeof percentiles)[number]): Metric['read'] {
  return (measured) => {
    const all = rowsOf(measured).map((row) => read(row)[percentile] / usPerMs)
    return all.length === 0 ? null : Math.max(...all)
  }
}

/** The lowest rate of all sizes, inserts a second: of one insert after the other, as many as their mean lets through. */
function lowestRate(measured: Measured): number | null {
  const rates = rowsOf(measured).map((row) => row.insertsPerSecond ?? 1_000_000 / row.mean)
  return rates.length === 0 ? null : Math.min(...rates)
}

const named = new Map<string, Metric>([
  ...percentiles.map((name): [string, Metric] => [
    `response_time.${name}`,
    { unit: 'time', read: worst((row) => row, name) },
  ]),
  ...percentiles.map((name): [string, Metric] => [
    `service_time.${name}`,
    { unit: 'time', read: worst((row) => row.serviceTime ?? row, name) },
  ]),
  ['rps', { unit: 'number', read: lowestRate }],
  ['inserts', { unit: 'number', read: (measured) => rowsOf(measured).reduce((sum, { inserts }) => sum + inserts, 0) }],
])

const metrics: ThresholdMetrics<Measured> = { known: [...named.keys()], find: (name) => named.get(name) ?? null }

/** Reads a threshold of an insert benchmark, such as `response_time.p99<5ms`. Throws `usage-wrong`. */
export function parseInsertThreshold(expression: string): Threshold {
  return readThreshold(expression, metrics)
}

/** Checks every table size against a threshold. */
export function checkInsertThreshold(threshold: Threshold, measured: Measured): ThresholdResult {
  return holdAgainst(threshold, measured, metrics)
}
