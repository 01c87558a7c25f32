// Math.max(...values) passes each value on the stack, and throws RangeError for a hundred thousand of them.

/** The largest of the values; -Infinity where there are none. */
export function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity)
}

/** The smallest of the values; Infinity where there are none. */
export function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity)
}
