import { build, type Histogram } from 'hdr-histogram-js'

/** Latencies in whole microseconds with 3 significant digits; memory does not grow with their number. */
export type LatencyHistogram = Histogram

/** Percentiles in milliseconds; null where nothing was recorded. */
export interface Percentiles {
  readonly p50: number | null
  readonly p90: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly p999: number | null
  readonly max: number | null
}

const usPerMs = 1000
/** No answer is waited for longer. */
const highestUs = 3_600_000_000

/**
 * An empty histogram. In plain JavaScript: WebAssembly records in 20 ns instead of 57, which is
 * nothing beside a request, and would have to be freed by hand.
 */
export function createHistogram(): LatencyHistogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestUs,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  })
}

/** Records a latency in milliseconds; what is out of range counts as the nearest that is in it. */
export function recordMs(histogram: LatencyHistogram, ms: number): void {
  histogram.recordValue(Math.min(highestUs, Math.max(1, Math.round(ms * usPerMs))))
}

/** The percentile `p` (0 to 100) in milliseconds, null where nothing was recorded. */
export function percentileMs(histogram: LatencyHistogram, p: number): number | null {
  if (histogram.totalCount === 0) return null
  // A percentile is the upper end of its bucket, which may lie above the largest value.
  return Math.min(histogram.getValueAtPercentile(p), histogram.maxValue) / usPerMs
}

/** What a report says of a histogram. */
export function percentilesOf(histogram: LatencyHistogram): Percentiles {
  return {
    p50: percentileMs(histogram, 50),
    p90: percentileMs(histogram, 90),
    p95: percentileMs(histogram, 95),
    p99: percentileMs(histogram, 99),
    p999: percentileMs(histogram, 99.9),
    max: histogram.totalCount === 0 ? null : histogram.maxValue / usPerMs,
  }
}
