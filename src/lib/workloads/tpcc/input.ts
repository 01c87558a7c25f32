import type { Random } from '../../base/random.ts'

/** Settings that the population follows from. */
export interface TpccSize {
  readonly warehouses: number
  /** 3,000 in the specification; orders and items follow. */
  readonly districtCustomers: number
}

export const districtsPerWarehouse = 10
/** Fewest and most lines of an order. */
export const orderLines = { least: 5, most: 15 } as const

/** Counts of the specification's own population. */
const original = { customers: 3000, items: 100_000, lastNames: 1000, undelivered: 900 } as const

/** How many of each there are. */
export interface Population {
  readonly warehouses: number
  readonly customers: number
  /** Orders of a district at the start, one of each customer; the last are not delivered yet. */
  readonly delivered: number
  readonly items: number
  readonly lastNames: number
}

/** The population that the settings ask for: that of the specification, or the same in small. */
export function populationOf({ warehouses, districtCustomers: customers }: TpccSize): Population {
  const ofOriginal = (count: number) => Math.round((count * customers) / original.customers)
  return {
    warehouses,
    customers,
    delivered: customers - ofOriginal(original.undelivered),
    items: ofOriginal(original.items),
    lastNames: Math.min(original.lastNames, customers),
  }
}

const syllables = ['BAR', 'OUGHT', 'ABLE', 'PRI', 'PRES', 'ESE', 'ANTI', 'CALLY', 'ATION', 'EING'] as const

/** Width of last names; all are filled up to it, so that every engine compares them alike. */
export const lastNameWidth = 16

/** The last name of a number below 1,000: a syllable for each of its three digits (clause 4.3.2.3). */
export function lastName(number: number): string {
  const digits = [Math.floor(number / 100), Math.floor(number / 10) % 10, number % 10]
  return digits
    .map((digit) => syllables[digit])
    .join('')
    .padEnd(lastNameWidth)
}

/** `C` of last names while tables are filled; that of a run is another one. */
export const loadedLastNames = 157

/** Constants of NURand, which stay the same for a whole run. */
export interface NurandConstants {
  readonly lastName: number
  readonly customer: number
  readonly item: number
}

/** Ranges of NURand's first number, one for each use. */
const ranges = { lastName: 255, customer: 1023, item: 8191 } as const

/**
 * Draws the constants of a run. That of last names differs from the one of the filling by 65 to 119, and neither by 96 nor
 * by 112, so that a run does not hit the customers that the filling made most of (clause 2.1.6.1).
 */
export function drawConstants(random: Random): NurandConstants {
  const allowed = Array.from({ length: ranges.lastName + 1 }, (_, value) => value).filter((value) => {
    const delta = Math.abs(value - loadedLastNames)
    return delta >= 65 && delta <= 119 && delta !== 96 && delta !== 112
  })
  return {
    lastName: random.pick(allowed),
    customer: random.integer(0, ranges.customer),
    item: random.integer(0, ranges.item),
  }
}

/** A number from `least` to `most`, some of them far more often than others (NURand, clause 2.1.6). */
export function nurand(
  random: Random,
  use: keyof NurandConstants,
  constant: number,
  [least, most]: readonly [number, number],
): number {
  const drawn = random.integer(0, ranges[use]) | random.integer(least, most)
  return ((drawn + constant) % (most - least + 1)) + least
}
