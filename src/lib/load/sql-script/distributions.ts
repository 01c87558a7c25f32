import type { Random } from '../../base/random.ts'
import { ValueError } from './script-error.ts'
import { toInteger, type Integer } from './values.ts'

/** A source of 32 random bits. */
export type BitSource = Pick<Random, 'uint32'>

const two53 = 2 ** 53

/** A number from 0 (in) to 1 (out), of 53 random bits. */
function fraction(random: BitSource): number {
  return ((random.uint32() >>> 5) * 0x400_0000 + (random.uint32() >>> 6)) / two53
}

/** Draws from the numbers 0 to `size` - 1, given as a number that may be inexact. */
type Shape = (random: BitSource, size: number) => number

/** Draws a whole number from `min` to `max`, both in, each as often. Throws ValueError for a range that is none. */
export function uniform(random: BitSource, min: Integer, max: Integer): Integer {
  const size = sizeOf(min, max)
  if (typeof size === 'number') return (min as number) + Math.floor(fraction(random) * size)
  const bits = size.toString(2).length
  for (;;) {
    const drawn = ((BigInt(random.uint32()) << 32n) | BigInt(random.uint32())) >> BigInt(64 - bits)
    if (drawn < size) return toInteger(BigInt(min) + drawn, 'random')
  }
}

/** Draws from `min` to `max`, both in, by a shape. Throws ValueError for a range that is none. */
function shaped(random: BitSource, min: Integer, max: Integer, shape: Shape): Integer {
  const size = sizeOf(min, max)
  // Rounding may lead past the last.
  const drawn = Math.min(shape(random, Number(size)), Number(size) - 1)
  if (typeof size === 'number') return (min as number) + drawn
  const value = BigInt(min) + BigInt(drawn)
  return toInteger(value > BigInt(max) ? BigInt(max) : value, 'random')
}

/** How many numbers there are; a number only where the limits are numbers, too. */
function sizeOf(min: Integer, max: Integer): Integer {
  if (min > max) throw new ValueError(`its range is empty: ${min} is more than ${max}`)
  if (typeof min === 'number' && typeof max === 'number') {
    const size = max - min + 1
    if (Number.isSafeInteger(size)) return size
  }
  const size = BigInt(max) - BigInt(min) + 1n
  toInteger(size, 'the size of its range')
  return size
}

/**
 * Draws from a normal distribution that is cut off at `parameter` standard deviations on both sides of the middle (Box and
 * Muller's transform). Throws ValueError for a parameter below 2.
 */
export function gaussian(random: BitSource, min: Integer, max: Integer, parameter: number): Integer {
  if (!(parameter >= 2)) throw new ValueError(`the parameter of random_gaussian is 2 or more, not ${parameter}`)
  return shaped(random, min, max, (source, size) => {
    for (;;) {
      const radius = Math.sqrt(-2 * Math.log(1 - fraction(source)))
      const deviation = radius * Math.sin(2 * Math.PI * fraction(source))
      if (deviation >= -parameter && deviation < parameter) {
        return Math.floor((size * (deviation + parameter)) / (2 * parameter))
      }
    }
  })
}

/**
 * Draws from an exponential distribution that is cut off where its density has fallen to e^-parameter of the first, by
 * inversion. Throws ValueError for a parameter of 0 or less.
 */
export function exponential(random: BitSource, min: Integer, max: Integer, parameter: number): Integer {
  if (!(parameter > 0)) throw new ValueError(`the parameter of random_exponential is above 0, not ${parameter}`)
  const cut = Math.exp(-parameter)
  return shaped(random, min, max, (source, size) => {
    const drawn = -Math.log(cut + (1 - cut) * (1 - fraction(source))) / parameter
    return Math.floor(size * drawn)
  })
}

/** Tries at a number of Zipf's distribution, so that no source can keep it for ever: 1.001 takes some hundreds for ten numbers. */
const mostTries = 1_000_000

/**
 * Draws from a bounded Zipf distribution: the n-th number is drawn n^-parameter times as often as the first. By rejection
 * (Devroye, "Non-Uniform Random Variate Generation", Springer 1986, pp. 550-551), as pgbench does, whose limits of the
 * parameter these are. Throws ValueError for others.
 */
export function zipfian(random: BitSource, min: Integer, max: Integer, parameter: number): Integer {
  if (!(parameter >= 1.001 && parameter <= 1000)) {
    throw new ValueError(`the parameter of random_zipfian is from 1.001 to 1000, not ${parameter}`)
  }
  const exponent = parameter - 1
  const bound = 2 ** exponent
  return shaped(random, min, max, (source, size) => {
    if (size <= 1) return 0
    for (let tries = 0; tries < mostTries; tries++) {
      const first = fraction(source)
      const second = fraction(source)
      const drawn = Math.floor(first ** (-1 / exponent))
      const ratio = (1 + 1 / drawn) ** exponent
      if (drawn <= size && (second * drawn * (ratio - 1)) / (bound - 1) <= ratio / bound) return drawn - 1
    }
    return 0
  })
}
