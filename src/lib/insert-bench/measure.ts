import { setImmediate as nextTurn } from 'node:timers/promises'
import { mean, medianOf, quantile } from '../base/stats/quantiles.ts'
import { turnEveryMs, type Schedule } from './pace.ts'
import type { ServerCounter } from '../ports/database.ts'
import type { InsertKeyOrder } from '../base/key-order.ts'

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
  readonly keys: InsertKeyOrder
  /** The median of each block of inserts, in the order in which they were measured. */
  readonly blocks: number[]
  /** All latencies of each block, as `writeDistribution` writes them. */
  readonly latencies: string[]
  /** The client's own cost: a statement that costs the server next to nothing, measured in turns with the inserts. */
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
  readonly statement: string
  readonly statements: number
  /** The median of each block. */
  readonly blocks: number[]
}

/** The work that was done before anything was measured. */
export interface WarmUp {
  /** All series together. */
  readonly inserts: number
  /** Statements of the control. */
  readonly statements: number
  /** Median of the control in the first round and in the last, microseconds; missing where none was sent. */
  readonly from?: number
  readonly to?: number
  /** The control's median got no lower any more. */
  readonly steady: boolean
}

/** A stretch of inserts with keys of one order, measured without a break; microseconds. */
export interface InsertBlock {
  readonly keys: InsertKeyOrder
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
export function medianOfBlock({ response }: InsertBlock): number {
  return toNanoseconds(medianOf(response))
}

/** The clock has no finer digits; what floating point adds behind them is noise. */
function toNanoseconds(us: number): number {
  return Math.round(us * 1000) / 1000
}

/** One count of a server while inserts were timed. */
export interface CounterReading {
  readonly name: string
  readonly unit: string
  readonly kind: ServerCounter['kind']
  /** Per insert for a total; as it was at the end for a level. */
  readonly value: number
}

/** Adds up what a server counts over several stretches of time. */
export interface CounterSum {
  /** One stretch, from `before` to `after`. */
  add(before: readonly ServerCounter[], after: readonly ServerCounter[]): void
  /** Totals divided by `inserts`; levels as they were last; without those that are mostly 0, and were. */
  perInsert(inserts: number): CounterReading[]
}

/** An empty sum. A total that fell (the server was restarted or its status was flushed) adds nothing. */
export function createCounterSum(): CounterSum {
  const sums = new Map<string, ServerCounter>()
  return {
    add(before, after) {
      const start = new Map(before.map(({ name, value }) => [name, value]))
      for (const counter of after) {
        const { name, kind, value } = counter
        const grown = Math.max(0, value - (start.get(name) ?? value)) + (sums.get(name)?.value ?? 0)
        sums.set(name, { ...counter, value: kind === 'total' ? grown : value })
      }
    },
    perInsert: (inserts) =>
      [...sums.values()]
        .filter(({ rare = false, value }) => !rare || value !== 0)
        .map(({ rare: _rare, ...counter }) => ({
          ...counter,
          value: counter.kind === 'total' ? counter.value / Math.max(1, inserts) : counter.value,
        })),
  }
}
