/**
 * The quantile of ascending `sorted` values by the nearest-rank definition: the smallest value that at
 * least `q` (0 to 1) of all values do not exceed. NaN when there are none.
 */
export function quantile(sorted: readonly number[], q: number): number {
  const rank = Math.max(1, Math.ceil(q * sorted.length))
  return sorted[rank - 1] ?? NaN
}

/** The median of values in any order; NaN when there are none. */
export function medianOf(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  )
}

/** The arithmetic mean; NaN when there are no values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

// Math.max(...values) passes each value on the stack, and throws RangeError for a hundred thousand of them.

/** The largest of the values; -Infinity where there are none. */
export function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity)
}

/** The smallest of the values; Infinity where there are none. */
export function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity)
}
