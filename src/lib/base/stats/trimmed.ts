import { mean } from './quantiles.ts'

/** A mean, and how well it is known. */
export interface KnownMean {
  readonly mean: number
  /** Standard error. */
  readonly error: number
  /** Degrees of freedom of Student's t for `error`. */
  readonly freedom: number
}

/** Share of the values cut off at each end: among ten or more, a single wild one then decides nothing. */
const trimmedShare = 0.1

/** The places in `values`, from 0, of those that the trimmed mean is made of. */
export function keptByTrimming(values: readonly number[]): number[] {
  const ascending = values.map((_, place) => place).sort((a, b) => (values[a] as number) - (values[b] as number))
  const cut = Math.floor(trimmedShare * values.length)
  return ascending.slice(cut, values.length - cut)
}

/**
 * The mean of `values` without a tenth at each end, with the standard error and degrees of freedom that go
 * with it (Tukey and McLaughlin, Sankhya 1963; Yuen, "The two-sample trimmed t for unequal population
 * variances", Biometrika 1974). Of fewer than ten values it is the ordinary mean. The error is NaN of one value.
 */
export function trimmedMean(values: readonly number[]): KnownMean {
  const sorted = values.toSorted((a, b) => a - b)
  const n = sorted.length
  const cut = Math.floor(trimmedShare * n)
  const [low, high] = [sorted[cut] as number, sorted[n - 1 - cut] as number]
  const winsorized = sorted.map((value) => Math.min(high, Math.max(low, value)))
  const kept = n - 2 * cut
  return {
    mean: mean(sorted.slice(cut, n - cut)),
    error: Math.sqrt(squaresAboutMean(winsorized) / (kept * (kept - 1))),
    freedom: kept - 1,
  }
}

/**
 * The difference of two such means, second less first, with the degrees of freedom of Welch ("The
 * generalization of Student's problem", Biometrika 1947).
 */
export function difference(first: KnownMean, second: KnownMean): KnownMean {
  const [a, b] = [first.error ** 2, second.error ** 2]
  return {
    mean: second.mean - first.mean,
    error: Math.sqrt(a + b),
    freedom:
      a + b > 0 ? (a + b) ** 2 / (a ** 2 / first.freedom + b ** 2 / second.freedom) : first.freedom + second.freedom,
  }
}

function squaresAboutMean(values: readonly number[]): number {
  const middle = mean(values)
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0)
}
