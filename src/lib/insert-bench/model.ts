import { createRandom } from '../base/random.ts'
import { intervalOf, type Estimate } from '../base/stats/bootstrap.ts'
import type { Group } from '../base/stats/curve.ts'
import { mean, medianOf } from '../base/stats/quantiles.ts'
import { forecastAt, type Forecast } from './forecast.ts'
import type { Checkpoint } from './measure.ts'
import { changeOf, judgeShape, kneeOf, smallestRows, xOf, type Criteria, type Fitted, type Shape } from './shape.ts'
import type { InsertKeyOrder } from '../base/key-order.ts'

/** How p50 depends on the rows, for one order of keys; latencies in microseconds. */
export interface Model {
  readonly keys: InsertKeyOrder
  /** It is not of these keys' p50, but of that less the p50 of keys of this order. */
  readonly against?: InsertKeyOrder
  readonly shape: Shape
  readonly reason: string
  /** Spread of the block medians at one size: 1.4826 times their median absolute deviation. */
  readonly noise: number
  /** p50 at the smallest size; of a flat curve, at all of them. */
  readonly level?: Estimate
  /** p50 at the largest size less that at the smallest. */
  readonly change?: Estimate
  /** Added with each tenfold of the rows, past the knee where there is one. */
  readonly perDecade?: Estimate
  /** Rows. */
  readonly knee?: Estimate
  /** The points that were fitted, from the smallest size to the largest. */
  readonly curve?: CurvePoint[]
  readonly criterion?: Criteria
  readonly forecast?: Forecast
}

/** p50 at one table size by the fitted curve, with its 95% interval; microseconds. */
export interface CurvePoint {
  readonly rows: number
  readonly p50: number
  readonly low: number
  readonly high: number
}

/** One measured point that a model is made from. */
type Measured = Pick<Checkpoint, 'rows' | 'blocks' | 'control'>

/**
 * A model for each order of keys that was measured at more than one size, or that a forecast is asked for.
 * Where both orders were, also one of what random keys cost beyond ascending keys, block by block: what hits
 * both alike (the machine, the flushing of what was just seeded) is not in it.
 */
export function modelCurves(checkpoints: readonly Checkpoint[], options: ModelOptions): Model[] {
  const orders = [...new Set(checkpoints.map(({ keys }) => keys))]
  const measuredAt = (order: InsertKeyOrder) => checkpoints.filter(({ keys }) => keys === order)
  const models = orders
    .filter((order) => measuredAt(order).length > 1 || options.forecast !== undefined)
    .map((order) => modelCurve(order, measuredAt(order), options))
  if (models.length < 2) return models
  const beyond = differences(measuredAt('random'), measuredAt('ascending'))
  return [...models, modelCurve('random', beyond, { seed: options.seed }, 'ascending')]
}

/** Blocks that were measured one after the other, less one another; at the sizes that both have. */
function differences(some: readonly Measured[], others: readonly Measured[]): Measured[] {
  return some.flatMap(({ rows, blocks }) => {
    const other = others.find((candidate) => candidate.rows === rows)
    if (!other) return []
    const pairs = Math.min(blocks.length, other.blocks.length)
    return [{ rows, blocks: blocks.slice(0, pairs).map((block, pair) => block - (other.blocks[pair] as number)) }]
  })
}

export interface ModelOptions {
  readonly seed: string
  readonly forecast?: number | undefined
}

/** The ratio of standard deviation to median deviation of a normal distribution, 1 / 0.6745. */
const madToDeviation = 1.4826

/**
 * How p50 depends on the rows: the shape of its curve, its numbers, and a forecast if one is asked for.
 * Sizes under 1,000 rows are left out: a table of a page or two has nothing to grow with, and so far to
 * the left of the others on a logarithmic axis that it alone would decide the slope. With `against`, what is measured
 * are differences to keys of that order, in which nothing is left of the machine.
 */
export function modelCurve(
  keys: InsertKeyOrder,
  measured: readonly Measured[],
  options: ModelOptions,
  against?: InsertKeyOrder,
): Model {
  const grown = measured.filter(({ rows }) => rows >= smallestRows)
  const groups = grown.map(({ rows, blocks }): Group => ({ x: xOf(rows), values: blocks }))
  const noise = noiseOf(groups)
  const controls = grown.flatMap(({ rows, control }): Group[] =>
    control ? [{ x: xOf(rows), values: control.blocks }] : [],
  )
  const result = judgeShape(
    { groups, controls: against ? null : controls, noise },
    createRandom(options.seed).fork(keys),
  )
  const { fitted, shape, reason, criterion } = result
  return {
    keys,
    ...(against ? { against } : {}),
    shape,
    reason,
    noise,
    ...(fitted ? describe(fitted, shape) : {}),
    ...(criterion ? { criterion } : {}),
    ...(options.forecast === undefined ? {} : { forecast: forecastAt(options.forecast, result) }),
  }
}

function describe(fitted: Fitted, shape: Shape): Pick<Model, 'level' | 'change' | 'perDecade' | 'knee' | 'curve'> {
  const { curve, drawn, groups } = fitted
  const knee = kneeRows(fitted)
  const xs = groups.map(({ x }) => x)
  // In the middle, a line is as high as the constant is everywhere.
  const from = shape === 'flat' ? mean(xs) : Math.min(...xs)
  return {
    level: intervalOf(
      curve.at(from),
      drawn.map((one) => one.at(from)),
    ),
    change: changeOf(fitted),
    perDecade: intervalOf(
      curve.slope,
      drawn.map(({ slope }) => slope),
    ),
    ...(knee ? { knee } : {}),
    curve: curvePoints(fitted),
  }
}

/** Enough for a chart to show a knee where it is. */
const curveSteps = 24

function curvePoints({ curve, drawn, groups }: Fitted): CurvePoint[] {
  const xs = groups.map(({ x }) => x)
  const [from, to] = [Math.min(...xs), Math.max(...xs)]
  return Array.from({ length: curveSteps + 1 }, (_, step) => {
    const x = from + ((to - from) * step) / curveSteps
    const { value, low, high } = intervalOf(
      curve.at(x),
      drawn.map((one) => one.at(x)),
    )
    return { rows: Math.round(10 ** x), p50: value, low, high }
  })
}

/** Distance in the logarithm of the rows, some 5%. */
const edge = 0.02

/**
 * The knee in rows. One that may be as late as can be told, just before the second largest size, may as well be
 * anywhere beyond: of it, only that it is not beyond the largest is known.
 */
function kneeRows(fitted: Fitted): Estimate | null {
  const knee = kneeOf(fitted)
  if (knee === null) return null
  const xs = fitted.groups.map(({ x }) => x).sort((a, b) => a - b)
  const [latest, largest] = [xs.at(-2) ?? 0, xs.at(-1) ?? 0]
  const high = knee.high >= latest - edge ? largest : knee.high
  return { value: 10 ** knee.value, low: 10 ** knee.low, high: 10 ** high }
}

/** Median absolute deviation of the blocks from the median of their size, as a standard deviation. */
function noiseOf(groups: readonly Group[]): number {
  const deviations = groups.flatMap(({ values }) => {
    const middle = medianOf(values)
    return values.map((value) => Math.abs(value - middle))
  })
  return deviations.length === 0 ? 0 : madToDeviation * medianOf(deviations)
}
