import type { Random } from '../random.ts'
import { intervalOf, resample, type Estimate } from '../stats/bootstrap.ts'
import {
  fitConstant,
  fitHinge,
  fitLine,
  informationCriterion,
  kneeRange,
  pointsOf,
  scatterBeyondNoise,
  type Curve,
  type Fit,
  type Group,
  type Point,
} from '../stats/curve.ts'

/** Of the curve of p50 over the rows. */
export type Shape = 'flat' | 'logarithmic' | 'knee' | 'unknown'

/** The information criterion of each shape, the lower the better; null where it could not be fitted. */
export interface Criteria {
  readonly flat: number | null
  readonly logarithmic: number | null
  readonly knee: number | null
}

/** A fitted curve and what it would have been, had other blocks been measured. */
export interface Fitted {
  readonly groups: readonly Group[]
  readonly curve: Curve
  readonly drawn: readonly Curve[]
}

/** Smaller tables have no place on the curve. */
export const smallestRows = 1000
const minSizes = 3
const minBlocks = 5
const draws = 1000
/** "Strong" on the scale of Kass and Raftery, "Bayes Factors", JASA 1995. */
const kneeMustWinBy = 6
/** What the clock and the rounding of a report tell apart, microseconds. */
const resolution = 0.1
/** A change must be larger than so many times the spread of the blocks. */
const noiseMargin = 2
/** The logarithm of the rows to base 10, the x of every curve: a tree gets a level with each so many fold. */
export function xOf(rows: number): number {
  return Math.log10(Math.max(smallestRows, rows))
}

/** What was found, and what later steps go on with. */
export interface Verdict {
  readonly shape: Shape
  readonly reason: string
  readonly groups: readonly Group[]
  readonly criterion?: Criteria
  /** Where it is flat, the line: how flat, its slope says. Missing where the shape is unknown. */
  readonly fitted?: Fitted
}

/**
 * The shape of the curve through the block medians of each size (microseconds over `xOf` rows): the one
 * with the lowest information criterion, where a knee must win by 6. What is not flat by that must also
 * hold up: when the 95% interval of the change over the sizes measured (bootstrap over blocks) contains
 * 0, or the change is within twice the `noise` of the blocks, it is flat after all. Unknown with fewer
 * than 3 sizes or 5 blocks a size, and when the sizes scatter about every curve.
 */
export function judge(groups: readonly Group[], noise: number, random: Random): Verdict {
  const few = tooFew(groups)
  if (few !== null) return { shape: 'unknown', reason: few, groups }
  const criterion = criteriaOf(groups)
  const shape = bestShape(criterion)
  const line = bootstrap(groups, fitLine, random)
  const flat = (reason: string): Verdict => ({ shape: 'flat', reason, groups, criterion, fitted: line })
  if (shape === 'flat') return flat('a constant explains the blocks best')
  const fitted = shape === 'knee' ? bootstrap(groups, fitHinge, random) : line
  const change = changeOf(fitted)
  if (Math.abs(change.value) < noiseMargin * noise) return flat('what changes is within the noise of the blocks')
  if (!containsZero(change)) return { shape, reason: reasons[shape], groups, criterion, fitted }
  // Then it is not the blocks that say flat, but that whole sizes are off, as when the machine itself changed.
  if (!containsZero(changeOf(bootstrap(groups, fitLine, random, 0))))
    return {
      shape: 'unknown',
      reason: 'the sizes differ by more than the noise, and follow no curve',
      groups,
      criterion,
    }
  return flat('the 95% interval of what changes contains 0')
}

const reasons = {
  logarithmic: 'a line over the logarithm of the rows explains the blocks best',
  knee: 'a constant and a line from a knee on explain the blocks best, by far',
} as const

function tooFew(groups: readonly Group[]): string | null {
  const sizes = countSizes(groups)
  if (sizes < minSizes) return `it takes ${minSizes} table sizes of 1,000 rows or more, and there are ${sizes}`
  const blocks = Math.min(...groups.map(({ values }) => values.length))
  return blocks < minBlocks ? `it takes ${minBlocks} blocks of inserts at each size, and there are ${blocks}` : null
}

/** Table sizes that differ. */
export function countSizes(groups: readonly Group[]): number {
  return new Set(groups.map(({ x }) => x)).size
}

function criteriaOf(groups: readonly Group[]): Criteria {
  const of = (fit: Fit): number | null => {
    const fitted = fit(pointsOf(groups))
    return fitted === null ? null : informationCriterion(groups, fitted, resolution)
  }
  return { flat: of(fitConstant), logarithmic: of(fitLine), knee: of(fitHinge) }
}

function bestShape({ flat, logarithmic, knee }: Criteria): Exclude<Shape, 'unknown'> {
  const [constant, line] = [flat ?? Infinity, logarithmic ?? Infinity]
  if (knee !== null && knee + kneeMustWinBy <= Math.min(constant, line)) return 'knee'
  return line < constant ? 'logarithmic' : 'flat'
}

/** `scatter` of whole sizes about the curve, microseconds; by default what the points themselves show. */
function bootstrap(groups: readonly Group[], fit: Fit, random: Random, scatter?: number): Fitted {
  // Where nothing rises there is no hinge, and a constant says so.
  const fitted = (points: readonly Point[]): Curve => (fit(points) ?? fitConstant(points)) as Curve
  const curve = fitted(pointsOf(groups))
  const moved = scatter ?? scatterBeyondNoise(groups, curve) * fewnessFactor(groups.length - curve.parameters)
  return { curve, drawn: [...resample(groups, draws, random, moved)].map(fitted), groups }
}

/** Student's t and the normal distribution at 97.5%, for 1, 2, ... degrees of freedom. */
const student = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23]
const normal = 1.96

/** A scatter that was estimated from few sizes may be much larger: how much wider intervals must be for it. */
function fewnessFactor(free: number): number {
  // From the tenth on, within 1% of the tables.
  return free < 1 ? 0 : (student[free - 1] ?? normal + 2.4 / free) / normal
}

/** What a curve changes by from the smallest to the largest size, microseconds. */
export function changeOf({ curve, drawn, groups }: Fitted): Estimate {
  const xs = groups.map(({ x }) => x)
  const [from, to] = [Math.min(...xs), Math.max(...xs)]
  const change = (one: Curve): number => one.at(to) - one.at(from)
  return intervalOf(change(curve), drawn.map(change))
}

function containsZero({ low, high }: Estimate): boolean {
  return low <= 0 && high >= 0
}

/** The knee with its interval, on the axis of the curve; null where there is none. */
export function kneeOf({ groups, curve, drawn }: Fitted): Estimate | null {
  const range = kneeRange(pointsOf(groups))
  if (range === null || curve.knee === null) return null
  // Where nothing rose in a draw, the knee is as late as one may be, or later.
  return intervalOf(
    curve.knee,
    drawn.map(({ knee }) => knee ?? range.to),
  )
}

/** Table sizes past `x`. */
export function sizesPast(groups: readonly Group[], x: number): number {
  return new Set(groups.map((group) => group.x).filter((size) => size > x)).size
}
