import type { Random } from '../base/random.ts'
import { testHinge } from '../base/stats/size-level.ts'
import { intervalOf, resample, type Estimate } from '../base/stats/bootstrap.ts'
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
} from '../base/stats/curve.ts'

/**
 * The shape of the curve of p50 over the rows. `drift`: p50 changes, but as the control does, or it falls with no control that
 * stays: that is the machine, not the table.
 */
export type Shape = 'flat' | 'logarithmic' | 'knee' | 'drift' | 'unknown'

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
/** Over less, a slope for each tenfold of the rows is made up: the smallest size so many times is the largest, at least. */
const leastGrowth = 2
/** "Strong" on the scale of Kass and Raftery, "Bayes Factors", JASA 1995. */
const kneeMustWinBy = 6
/** The chance that a knee is an accident, where the table is flat, and where latency grows with the logarithm. */
const mostChance = { flat: 0.01, logarithmic: 0.003 }
/** The rounding error of a logarithm and its power. */
const rounding = 1e-9
/** So much of the relative change is the machine's when the control has it too. */
const sharedByControl = 0.5
/** The smallest difference that the clock and a report's rounding can show, microseconds. */
const resolution = 0.1
/** A change must be larger than so many times the spread of the blocks. */
const noiseMargin = 2

/** The logarithm of the rows to base 10, the x of every curve: a tree gets a level with each so many fold. */
export function xOf(rows: number): number {
  return Math.log10(Math.max(smallestRows, rows))
}

/** A result, and the data that later steps need. */
export interface ShapeResult {
  readonly shape: Shape
  readonly reason: string
  readonly groups: readonly Group[]
  readonly criterion?: Criteria
  /** Where it is flat, the line: how flat, its slope says. Missing where the shape is unknown. */
  readonly fitted?: Fitted
}

/** The data that a result is made from. */
export interface ShapeInput {
  /** Block medians of each size, microseconds over `xOf` rows. */
  readonly groups: readonly Group[]
  /** Those of the control, at the same sizes; none where it was not measured, null where no machine is in the groups. */
  readonly controls: readonly Group[] | null
  /** Spread of the blocks at one size, microseconds. */
  readonly noise: number
}

/**
 * The shape of the curve: the one with the lowest information criterion, where a knee must win by 6 and must be more
 * than what sizes scatter by chance (`testHinge`). What is not flat by that must also hold up: when the 95% interval of
 * the change over the sizes measured (bootstrap over blocks) contains 0, or the change is within twice the noise, it is
 * flat after all; when it is the control's change, or falls without a control that stays, it is drift. Unknown with fewer
 * than 3 sizes or 5 blocks a size, over less than a factor of two in rows, when the sizes scatter about every curve, and
 * when the curve leaves what was seen or would fall below zero within a tenfold of the rows.
 */
export function judgeShape(input: ShapeInput, random: Random): ShapeResult {
  const { groups, controls, noise } = input
  const unknown = (reason: string): ShapeResult => ({ shape: 'unknown', reason, groups })
  const few = tooFew(groups)
  if (few !== null) return unknown(few)
  const criterion = criteriaOf(groups)
  const shape = bestShape(criterion, groups, random)
  const line = bootstrap(groups, fitLine, random)
  const flat = (reason: string): ShapeResult => ({ shape: 'flat', reason, groups, criterion, fitted: line })
  if (shape === 'flat') return flat('a constant explains the blocks best')
  const fitted = shape === 'knee' ? bootstrap(groups, fitHinge, random) : line
  const change = changeOf(fitted)
  if (Math.abs(change.value) < noiseMargin * noise) return flat('what changes is within the noise of the blocks')
  if (containsZero(change)) {
    // Then it is not the blocks that say flat, but that whole sizes are off, as when the machine itself changed.
    if (containsZero(changeOf(bootstrap(groups, fitLine, random, 0))))
      return flat('the 95% interval of what changes contains 0')
    return { ...unknown('the sizes differ by more than the noise, and follow no curve'), criterion }
  }
  const drift = controls && driftIn(fitted, controls, random)
  if (drift !== null) return { shape: 'drift', reason: drift, groups, criterion, fitted }
  const stray = strayOf(fitted)
  if (stray !== null) return { ...unknown(stray), criterion }
  return { shape, reason: reasons[shape], groups, criterion, fitted }
}

/** Why a change is taken for the machine's; null when it is the table's own. */
function driftIn(fitted: Fitted, controls: readonly Group[], random: Random): string | null {
  const share = relativeChange(fitted)
  const falls = share < 0
  if (tooFew(controls) !== null || countSizes(controls) < countSizes(fitted.groups))
    return falls ? 'a table that grows makes no insert faster, and there is no control to say otherwise' : null
  const control = bootstrap(controls, fitLine, random)
  const isStill =
    containsZero(changeOf(control)) || Math.abs(relativeChange(control)) < sharedByControl * Math.abs(share)
  if (isStill || Math.sign(relativeChange(control)) !== Math.sign(share)) return null
  return `the control ${falls ? 'falls' : 'rises'} too, by ${Math.round(Math.abs(relativeChange(control)) * 100)}%, and no table is in it`
}

/** From the smallest size to the largest, as a share of what it is at the smallest. */
function relativeChange({ curve, groups }: Fitted): number {
  const xs = groups.map(({ x }) => x)
  const [from, to] = [curve.at(Math.min(...xs)), curve.at(Math.max(...xs))]
  return from === 0 ? 0 : (to - from) / Math.abs(from)
}

/** Why a curve cannot be that of what was measured; null when it can. */
function strayOf({ curve, groups }: Fitted): string | null {
  const seen = groups.flatMap(({ values }) => values)
  const [least, most] = [Math.min(...seen), Math.max(...seen)]
  const isOutside = groups.some(({ x }) => curve.at(x) < least || curve.at(x) > most)
  if (isOutside) return 'the curve that fits best leaves the range of what was seen'
  const farthest = Math.max(...groups.map(({ x }) => x)) + 1
  if (least > 0 && curve.at(farthest) <= 0)
    return 'the curve that fits best falls below zero within a tenfold of the rows'
  return null
}

const reasons = {
  logarithmic: 'a line over the logarithm of the rows explains the blocks best',
  knee: 'a constant and a line from a knee on explain the blocks best, by far',
} as const

function tooFew(groups: readonly Group[]): string | null {
  const sizes = countSizes(groups)
  if (sizes < minSizes) return `it takes ${minSizes} table sizes of 1,000 rows or more, and there are ${sizes}`
  const xs = groups.map(({ x }) => x)
  const growth = 10 ** (Math.max(...xs) - Math.min(...xs))
  if (growth < leastGrowth * (1 - rounding))
    return `the largest size is ${growth.toFixed(2)} times the smallest, and it takes a factor of ${leastGrowth} to tell a shape`
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

function bestShape(
  { flat, logarithmic, knee }: Criteria,
  groups: readonly Group[],
  random: Random,
): Exclude<Shape, 'unknown' | 'drift'> {
  const [constant, line] = [flat ?? Infinity, logarithmic ?? Infinity]
  if (knee !== null && knee + kneeMustWinBy <= Math.min(constant, line)) {
    const { overConstant, overLine } = testHinge(groups, random.fork('hinge'), draws)
    if (overConstant <= mostChance.flat && overLine <= mostChance.logarithmic) return 'knee'
  }
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

/** The change of a curve from the smallest to the largest size, microseconds. */
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
