import { percentileMs, type LatencyHistogram } from './histogram.ts'

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
