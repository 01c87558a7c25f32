import type { Checkpoint } from '../../../src/lib/insert-bench/measure.ts'

/** A checkpoint of which only `given` matters. */
export function checkpointOf(given: Partial<Checkpoint>): Checkpoint {
  const latencies = { p50: 1, p95: 1, p99: 1, max: 1, mean: 1 }
  return { rows: 1000, inserts: 1, keys: 'ascending', blocks: [], latencies: [], counters: [], ...latencies, ...given }
}
