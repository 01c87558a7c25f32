import { percentileMs, type LatencyHistogram } from '../../base/measure/histogram.ts'

/** How late requests were sent, at the percentile that their number carries. */
export interface Lateness {
  /** 0 to 100; 100 is the latest of all. */
  readonly percentile: number
  readonly ms: number
}

/** Samples beyond a percentile without which it is a matter of single ones. */
const minBeyond = 20
const percentiles = [99, 95, 90, 50] as const

/**
 * The highest of p99, p95, p90 and p50 that has 20 requests beyond it (p99 takes 2,000), or the latest of fewer than 40.
 * Null without requests.
 */
export function latenessOf(late: LatencyHistogram): Lateness | null {
  const carried = percentiles.find((percentile) => late.totalCount * (100 - percentile) >= 100 * minBeyond) ?? 100
  const ms = percentileMs(late, carried)
  return ms === null ? null : { percentile: carried, ms }
}
