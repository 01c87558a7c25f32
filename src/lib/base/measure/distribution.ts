import type { HistogramCounts } from './histogram.ts'

/** How often each latency was seen, in little space: a block of samples, microseconds. */
export interface Distribution {
  /** Ascending. */
  readonly values: readonly number[]
  /** Samples of each latency; at least 1. */
  readonly counts: readonly number[]
}

/** Values of a distribution lie so far apart, as a share; a comparison of quantiles does not see it. */
const step = 0.01

/** The distribution of single latencies in microseconds, each moved by at most 0.5% (or 0.5 us). */
export function distributionOf(latencies: readonly number[]): Distribution {
  return collect(latencies.map((latency) => [latency, 1]))
}

/** The distribution of what histograms hold together, each latency moved by at most 0.5% (or 0.5 us). */
export function distributionOfCounts(parts: readonly HistogramCounts[]): Distribution {
  return collect(
    parts.flatMap(({ valuesUs, counts }) => Array.from(valuesUs, (us, i) => [us, counts[i] as number] as const)),
  )
}

/** Several distributions as one. */
export function addDistributions(...parts: readonly Distribution[]): Distribution {
  return collect(parts.flatMap(({ values, counts }) => values.map((value, i) => [value, counts[i] as number] as const)))
}

function collect(latencies: Iterable<readonly [value: number, count: number]>): Distribution {
  const times = new Map<number, number>()
  for (const [value, count] of latencies) {
    const place = placeOf(value)
    times.set(place, (times.get(place) ?? 0) + count)
  }
  const ascending = [...times].sort(([a], [b]) => a - b)
  return { values: ascending.map(([value]) => value), counts: ascending.map(([, count]) => count) }
}

/** The place of the logarithmic grid nearest to a latency, in whole microseconds; places stay where they are. */
function placeOf(us: number): number {
  return Math.round(Math.exp(Math.round(Math.log(Math.max(1, us)) / step) * step))
}

/** Samples in it. */
export function countSamples({ counts }: Distribution): number {
  let sum = 0
  for (const count of counts) sum += count
  return sum
}

/** As a report keeps it, latencies with how often they were seen: `850 871x3 1204`. */
export function writeDistribution({ values, counts }: Distribution): string {
  return values.map((value, i) => (counts[i] === 1 ? `${value}` : `${value}x${counts[i]}`)).join(' ')
}

/** Pattern of a written distribution. */
export const distributionPattern = String.raw`^([1-9]\d{0,9}(x[1-9]\d{0,9})?( [1-9]\d{0,9}(x[1-9]\d{0,9})?)*)?$`

/** Reads what `writeDistribution` wrote. */
export function readDistribution(text: string): Distribution {
  const pairs = text.split(' ').flatMap((part) => {
    const [value, count] = part.split('x')
    return value ? [[Number(value), Number(count ?? 1)] as const] : []
  })
  return { values: pairs.map(([value]) => value), counts: pairs.map(([, count]) => count) }
}

/** Blocks of samples, of which any choice has its quantiles quickly. */
export interface BlockSet {
  readonly blocks: readonly Distribution[]
  /** In all blocks. */
  readonly samples: number
  /** The nearest-rank quantile `q` (0 to 1), us, with block i taken `times[i]` times; NaN without samples. */
  quantile(q: number, times: readonly number[]): number
}

/** Sorts the samples of all blocks once. */
export function createBlockSet(blocks: readonly Distribution[]): BlockSet {
  const entries = blocks
    .flatMap(({ values, counts }, block) => values.map((value, i) => ({ value, block, count: counts[i] as number })))
    .sort((a, b) => a.value - b.value)
  // In typed arrays, because a bootstrap walks through them hundreds of times.
  const values = Float64Array.from(entries, ({ value }) => value)
  const counts = Float64Array.from(entries, ({ count }) => count)
  const owners = Int32Array.from(entries, ({ block }) => block)
  const sizes = blocks.map(countSamples)
  return {
    blocks,
    samples: sizes.reduce((sum, size) => sum + size, 0),
    quantile(q, times) {
      const total = sizes.reduce((sum, size, block) => sum + size * (times[block] ?? 0), 0)
      const rank = Math.max(1, Math.ceil(q * total))
      let seen = 0
      for (let i = 0; i < values.length; i++) {
        seen += (counts[i] as number) * (times[owners[i] as number] ?? 0)
        if (seen >= rank) return values[i] as number
      }
      return NaN
    },
  }
}

/** The nearest-rank quantile `q` (0 to 1), us; NaN without samples. */
export function quantileOf({ values, counts }: Distribution, q: number): number {
  const rank = Math.max(1, Math.ceil(q * countSamples({ values, counts })))
  let seen = 0
  const found = counts.findIndex((count) => (seen += count) >= rank)
  return values[found] ?? NaN
}
