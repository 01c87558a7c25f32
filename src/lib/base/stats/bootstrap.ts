import type { Random } from '../random.ts'
import type { Group, Point } from './curve.ts'
import { quantile } from './quantiles.ts'

/** A number and the interval that holds it with 95% confidence. */
export interface Estimate {
  readonly value: number
  readonly low: number
  readonly high: number
}

/**
 * Draws each group's values anew from itself, with replacement, and gives the points `draws` times
 * (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993). The values are to be medians of
 * blocks: single samples are no independent draws, and a bootstrap over them promises too much.
 * `scatter` is the standard deviation of what besides moves whole groups.
 */
export function* resample(groups: readonly Group[], draws: number, random: Random, scatter = 0): Generator<Point[]> {
  for (let draw = 0; draw < draws; draw++) {
    yield groups.map(({ x, values }) => {
      let sum = 0
      for (let i = 0; i < values.length; i++) sum += random.pick(values)
      return { x, mean: sum / values.length + scatter * gaussian(random), weight: values.length }
    })
  }
}

/** `value` with the 95% percentile interval of `drawn`, widened to hold the value itself. */
export function intervalOf(value: number, drawn: readonly number[]): Estimate {
  const sorted = [...drawn].sort((a, b) => a - b)
  return {
    value,
    low: Math.min(value, quantile(sorted, 0.025)),
    high: Math.max(value, quantile(sorted, 0.975)),
  }
}

/** A draw from the standard normal distribution (Box and Muller, 1958). */
export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())
}
