import type { Random } from '../../base/random.ts'

/** Draws a row's number from 1 to `rows`. */
export type DrawRow = (random: Random) => number

/** How often rows are asked for, by the names that sysbench gives them. */
export const distributionNames = ['special', 'uniform', 'zipf', 'pareto'] as const

export type DistributionName = (typeof distributionNames)[number]

/** sysbench's defaults: the exponent of zipf, and the share of rows that pareto asks for most of the time. */
const zipfExponent = 0.8
const paretoShare = 0.2

/** Draws of one distribution over `rows` rows. */
export function createDraw(name: DistributionName, rows: number): DrawRow {
  if (name === 'uniform') return (random) => random.integer(1, rows)
  if (name === 'zipf') return zipf(rows, zipfExponent)
  return name === 'pareto' ? pareto(rows, paretoShare) : special(rows)
}

/** Most draws are small: a share `h` of the rows gets 1 - `h` of them. */
function pareto(rows: number, h: number): DrawRow {
  const power = Math.log(h) / Math.log(1 - h)
  return (random) => 1 + Math.floor(rows * random.float() ** power)
}

/** The share of draws that fall onto the middle, the share of rows that is, and how many uniform draws make a bell. */
const middleDraws = 0.75
const middleRows = 0.01
const bellDraws = 12

/** sysbench's default: three of four draws fall evenly onto 1% of the rows in the middle, the others into a bell over all of them. */
function special(rows: number): DrawRow {
  const hot = Math.max(1, Math.floor((rows - 1) * middleRows))
  const firstHot = 1 + Math.floor((rows - 1) / 2 - ((rows - 1) * middleRows) / 2)
  return (random) => {
    if (random.float() < middleDraws) return firstHot + random.integer(0, hot - 1)
    let sum = 0
    for (let draw = 0; draw < bellDraws; draw++) sum += random.float()
    return 1 + Math.floor((rows * sum) / bellDraws)
  }
}

/**
 * Row k is drawn in proportion to k^-s, by rejection-inversion (W. Hörmann, G. Derflinger: Rejection-inversion to generate
 * variates from monotone discrete distributions, ACM TOMACS 6, 1996). `s` is not 1.
 */
export function zipf(rows: number, s: number): DrawRow {
  const integral = (x: number): number => (x ** (1 - s) - 1) / (1 - s)
  const inverse = (y: number): number => (1 + y * (1 - s)) ** (1 / (1 - s))
  const highest = integral(1.5) - 1
  const lowest = integral(rows + 0.5)
  const accepted = 2 - inverse(integral(2.5) - 2 ** -s)
  return (random) => {
    for (;;) {
      const y = lowest + random.float() * (highest - lowest)
      const x = inverse(y)
      const row = Math.min(rows, Math.max(1, Math.round(x)))
      if (row - x <= accepted || y >= integral(row + 0.5) - row ** -s) return row
    }
  }
}
