import { setImmediate as nextTurn } from 'node:timers/promises'
import { mean, medianOf, quantile } from '../base/stats/quantiles.ts'
import type { CounterReading } from './counters.ts'
import { turnEveryMs } from './pace.ts'
import type { Schedule } from './schedule.ts'
import type { KeyOrder } from './table.ts'
import type { WarmUp } from './warm-up.ts'

/** How long inserts took, microseconds. */
export interface Latencies {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
  readonly mean: number
}

/** How long single inserts took at one table size; times in microseconds, response times where there is a schedule. */
export interface Checkpoint extends Latencies {
  /** In the table when the measurement began, before the warm-up. */
  readonly rows: number
  readonly inserts: number
  readonly keys: KeyOrder
  /** The median of each block of inserts, in the order in which they were measured. */
  readonly blocks: number[]
  /** All latencies of each block, as `writeDistribution` writes them. */
  readonly latencies: string[]
  /** What costs the server next to nothing, measured in turns with the inserts: what the client costs. */
  readonly control?: Control
  /** Per insert for totals; empty when the server tells nothing, or not for one order of keys alone. */
  readonly counters: CounterReading[]
  readonly warmUp?: WarmUp
  /** From the moment each was sent; only where they were sent on a schedule. */
  readonly serviceTime?: Latencies
  /** Only where there is one. */
  readonly schedule?: Schedule
  /** All connections together; only where there is a schedule, or more than one. */
  readonly insertsPerSecond?: number
}

/** Statements that cost the server next to nothing, sent as inserts are; microseconds. */
export interface Control extends Latencies {
  /** What was sent. */
  readonly statement: string
  readonly statements: number
  /** The median of each block. */
  readonly blocks: number[]
}

/** A stretch of inserts with keys of one order, measured without a break; microseconds. */
export interface Block {
  readonly keys: KeyOrder
  readonly response: number[]
  readonly service: number[]
}

const usPerMs = 1000

/**
 * Times `inserts` inserts, one after the other, in microseconds; each is drawn outside its time. An insert that fails
 * ends it with that insert's error, the signal with those so far.
 */
export async function timeInserts(
  draw: () => () => Promise<void>,
  options: { readonly inserts: number; readonly signal: AbortSignal },
): Promise<number[]> {
  const { inserts, signal } = options
  const latencies: number[] = []
  let turnedAt = performance.now()
  while (latencies.length < inserts && !signal.aborted) {
    const insert = draw()
    const startedAt = performance.now()
    await insert()
    const endedAt = performance.now()
    latencies.push((endedAt - startedAt) * usPerMs)
    if (endedAt - turnedAt < turnEveryMs) continue
    await nextTurn()
    turnedAt = performance.now()
  }
  return latencies
}

/** The quantiles of latencies in microseconds. */
export function summarizeLatencies(latencies: readonly number[]): Latencies {
  const sorted = [...latencies].sort((a, b) => a - b)
  return {
    p50: toNanoseconds(quantile(sorted, 0.5)),
    p95: toNanoseconds(quantile(sorted, 0.95)),
    p99: toNanoseconds(quantile(sorted, 0.99)),
    max: toNanoseconds(quantile(sorted, 1)),
    mean: toNanoseconds(mean(sorted)),
  }
}

/** The median of a block's response times, microseconds. */
export function medianOfBlock({ response }: Block): number {
  return toNanoseconds(medianOf(response))
}

/** The clock has no finer digits; what floating point adds behind them is noise. */
function toNanoseconds(us: number): number {
  return Math.round(us * 1000) / 1000
}
