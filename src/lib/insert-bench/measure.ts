import { setImmediate as nextTurn } from 'node:timers/promises'
import { Bench } from 'tinybench'
import { mean, quantile } from '../stats/quantiles.ts'

/** How long single inserts took at one table size; times in microseconds. */
export interface Checkpoint {
  /** In the table when the measurement began, before the warm-up. */
  readonly rows: number
  readonly inserts: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
  readonly mean: number
}

const usPerMs = 1000

/**
 * Times `inserts` calls of `insert`, one after the other, after `warmup` calls that are not counted.
 * tinybench runs the loop. An insert that fails ends it with that insert's error.
 */
export async function timeInserts(
  insert: () => Promise<void>,
  options: { readonly inserts: number; readonly warmup: number; readonly signal?: AbortSignal },
): Promise<number[]> {
  const bench = new Bench({
    iterations: options.inserts,
    time: 0,
    warmup: options.warmup > 0,
    warmupIterations: options.warmup,
    warmupTime: 0,
    retainSamples: true,
    throws: true,
    ...(options.signal ? { signal: options.signal } : {}),
  })
  // Without `async`, tinybench calls it once more to find out.
  // A turn of the event loop after each insert, outside its time, lets Ctrl-C through where inserts never wait.
  bench.add('insert', insert, { async: true, afterEach: () => nextTurn() })
  const [task] = await bench.run()
  const result = task?.result
  if (!result || !('latency' in result) || !result.latency.samples) return []
  return [...result.latency.samples].map((ms) => ms * usPerMs)
}

/** What a report says of the inserts timed at one table size, `latencies` in microseconds. */
export function summarizeInserts(rows: number, latencies: readonly number[]): Checkpoint {
  const sorted = [...latencies].sort((a, b) => a - b)
  return {
    rows,
    inserts: sorted.length,
    p50: toNanoseconds(quantile(sorted, 0.5)),
    p95: toNanoseconds(quantile(sorted, 0.95)),
    p99: toNanoseconds(quantile(sorted, 0.99)),
    max: toNanoseconds(quantile(sorted, 1)),
    mean: toNanoseconds(mean(sorted)),
  }
}

/** The clock has no finer digits; what floating point adds behind them is noise. */
function toNanoseconds(us: number): number {
  return Math.round(us * 1000) / 1000
}
