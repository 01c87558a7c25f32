import { Int32Histogram } from 'hdr-histogram-js'

/** Latencies in whole microseconds with 3 significant digits; memory does not grow with their number. */
export type LatencyHistogram = InstanceType<typeof Int32Histogram>

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
/** No answer is waited for longer; 32 bits hold it. */
const highestUs = 3_600_000_000
const significantDigits = 3

/**
 * An empty histogram. In plain JavaScript: `recordMs` takes some 15 ns, where the library's WebAssembly takes 20 and
 * would have to be freed by hand.
 */
export function createHistogram(): LatencyHistogram {
  return new Int32Histogram(1, highestUs, significantDigits)
}

/** Counts of the first bucket (the power of two above 2 * 10 ** significantDigits), as a mask; each other has half as many. */
const firstBucketMask = 2047
const halfBucketBits = 10
const bucketZeros = Math.clz32(firstBucketMask)

/**
 * Records a latency in milliseconds; what is out of range counts as the nearest that is in it. Does what
 * `recordValue` does, which finds its bucket by a floating-point logarithm, in a quarter of the time.
 */
export function recordMs(histogram: LatencyHistogram, ms: number): void {
  const us = Math.min(highestUs, Math.max(1, Math.round(ms * usPerMs)))
  const bucket = bucketZeros - Math.clz32(us | firstBucketMask)
  histogram.incrementCountAtIndex((bucket << halfBucketBits) + (us >>> bucket))
  histogram.incrementTotalCount()
  if (us > histogram.maxValue) histogram.maxValue = us
  if (us < histogram.minNonZeroValue) histogram.minNonZeroValue = us
}

/** The percentile `p` (0 to 100) in milliseconds, null where nothing was recorded. */
export function percentileMs(histogram: LatencyHistogram, p: number): number | null {
  if (histogram.totalCount === 0) return null
  // A percentile is the upper end of its bucket, which may lie above the largest value.
  return Math.min(histogram.getValueAtPercentile(p), histogram.maxValue) / usPerMs
}

/** Counts of a histogram, as plain data that can go to another thread and be added there without any loss. */
export interface HistogramCounts {
  /** One for each bucket that holds any, ascending; the last is the largest value itself. */
  readonly valuesUs: Float64Array
  readonly counts: Float64Array
}

/** The memory in which a histogram counts. */
export function countsArrayOf(histogram: LatencyHistogram): Uint32Array {
  return histogram._counts as Uint32Array
}

/** Reads a histogram's counts from memory that is filled elsewhere; its largest value is as exact as its buckets. */
export function countsInMemory(counts: Uint32Array): HistogramCounts {
  const histogram = createHistogram()
  histogram._counts = counts
  const last = counts.findLastIndex((count) => count > 0)
  if (last < 0) return countsOf(histogram)
  histogram.maxValue = histogram.valueFromIndex(last)
  histogram.incrementTotalCount()
  return countsOf(histogram)
}

/** Returns the counts of a histogram. */
export function countsOf(histogram: LatencyHistogram): HistogramCounts {
  const values: number[] = []
  const counts: number[] = []
  const last = histogram.totalCount === 0 ? -1 : histogram.countsArrayIndex(histogram.maxValue)
  for (let index = 0; index <= last; index++) {
    const count = histogram.getCountAtIndex(index)
    if (count === 0) continue
    values.push(index === last ? histogram.maxValue : histogram.valueFromIndex(index))
    counts.push(count)
  }
  return { valuesUs: Float64Array.from(values), counts: Float64Array.from(counts) }
}

/** Adds what another histogram held. */
export function addCounts(histogram: LatencyHistogram, { valuesUs, counts }: HistogramCounts): void {
  for (const [index, us] of valuesUs.entries()) histogram.recordValueWithCount(us, counts[index] as number)
}

/** One histogram of what several held. */
export function mergeCounts(parts: readonly HistogramCounts[]): LatencyHistogram {
  const histogram = createHistogram()
  for (const part of parts) addCounts(histogram, part)
  return histogram
}

/** One histogram of what several hold, which stay as they are. */
export function mergeHistograms(histograms: readonly LatencyHistogram[]): LatencyHistogram {
  const merged = createHistogram()
  for (const histogram of histograms) merged.add(histogram)
  return merged
}

/** Summarises a histogram for a report. */
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

/** Two distributions over the same percentiles. */
export interface Spectrum {
  /** From 0 to 100, closer and closer together towards 100. */
  readonly percentiles: number[]
  /** ms at each percentile, from the moment the request should have been sent. */
  readonly responseTime: number[]
  /** ms at each percentile, from the moment the request was sent. */
  readonly serviceTime: number[]
}

/** So that 90, 99, 99.9 and so on are among them. */
const perDecade = 10
const mostDecades = 6
/** Further digits only tell how a computer divides. */
const digits = 6

/**
 * Both distributions as a chart with a logarithmic axis of percentiles shows them: evenly spaced on that axis, from
 * the smallest to the largest value, and no finer than so many requests can tell. Undefined without requests.
 */
export function spectrumOf(response: LatencyHistogram, service: LatencyHistogram): Spectrum | undefined {
  if (response.totalCount === 0) return undefined
  const steps = Math.min(mostDecades * perDecade, Math.floor(Math.log10(response.totalCount) * perDecade))
  const percentiles = [
    ...Array.from({ length: steps + 1 }, (_, step) => Number((100 - 100 / 10 ** (step / perDecade)).toFixed(digits))),
    100,
  ]
  const msOf = (histogram: LatencyHistogram) =>
    percentiles.map((percentile) => percentileMs(histogram, percentile) ?? 0)
  return { percentiles, responseTime: msOf(response), serviceTime: msOf(service) }
}
