import type { Estimate } from '../base/stats/bootstrap.ts'
import { fitConstant, pointsOf } from '../base/stats/curve.ts'
import { predictAt } from '../base/stats/size-level.ts'
import { countSizes, kneeOf, sizesPast, xOf, type ShapeResult } from './shape.ts'

/** p50 at a table size that was not measured, or why it cannot be said. */
export interface Forecast {
  readonly rows: number
  /** Microseconds; null when it is refused. */
  readonly p50: Estimate | null
  readonly refused: string | null
}

const minSizes = 4
/** Through two, any line goes. */
const minSizesPastKnee = 3
/** The farthest that is extrapolated, as a logarithm of rows: tenfold. */
const furthest = 1

/**
 * Forecasts p50 at `rows` from a result, or refuses: with fewer than 4 sizes, more than tenfold beyond
 * the largest, without a shape or with one that is the machine's, with fewer than 3 sizes past the latest that the knee may be, or when the
 * 95% interval (of whole sizes, not of blocks: a size that was measured in a slow minute has all its blocks slow) is wider
 * than the estimate itself.
 */
export function forecastAt(rows: number, result: ShapeResult): Forecast {
  const refuse = (refused: string): Forecast => ({ rows, p50: null, refused })
  const sizes = countSizes(result.groups)
  if (sizes < minSizes) return refuse(`it takes ${minSizes} table sizes of 1,000 rows or more, and there are ${sizes}`)
  const largest = Math.max(...result.groups.map(({ x }) => x))
  if (xOf(rows) > largest + furthest) {
    const least = Math.ceil(rows / 10).toLocaleString('en-US')
    return refuse(`it is more than tenfold the largest size measured; measure up to ${least} rows`)
  }
  const { fitted, shape, reason } = result
  if (shape === 'drift') return refuse(`what changes is the machine, not the table: ${reason}`)
  if (!fitted) return refuse(`the curve has no shape to go on with: ${reason}`)
  const knee = kneeOf(fitted)
  const past = knee ? sizesPast(result.groups, knee.high) : minSizesPastKnee
  if (past < minSizesPastKnee)
    return refuse(
      `the knee may lie at the edge of what was measured, with ${past} sizes past it where it takes ${minSizesPastKnee}; measure larger ones`,
    )
  // Of a flat curve the value is its level; how far from flat it may be is left to the interval.
  const curve = shape === 'flat' ? (fitConstant(pointsOf(result.groups)) ?? fitted.curve) : fitted.curve
  const value = curve.at(xOf(rows))
  const intervals = openCurves(result).map((open) => predictAt(result.groups, xOf(rows), open))
  const ends = intervals.flatMap((interval) => interval ?? [])
  if (ends.length === 0) return refuse('there are too few sizes for an interval')
  const p50 = { value, low: Math.min(value, ...ends), high: Math.max(value, ...ends) }
  if (p50.high - p50.low > p50.value)
    return refuse('its 95% interval is wider than the forecast itself; take more inserts, or larger sizes')
  return { rows, p50, refused: null }
}

/** Curves that the measurement leaves open: a hinge that fits better than the line, if not by enough to be named, too. */
function openCurves({ shape, criterion }: ShapeResult): readonly ('line' | 'hinge')[] {
  if (shape === 'knee') return ['hinge']
  const { flat, logarithmic, knee } = criterion ?? { flat: null, logarithmic: null, knee: null }
  const best = Math.min(flat ?? Infinity, logarithmic ?? Infinity)
  return knee !== null && knee < best ? ['line', 'hinge'] : ['line']
}
