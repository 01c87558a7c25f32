/** Values of y that were measured at one x. */
export interface Group {
  readonly x: number
  readonly values: readonly number[]
}

/** A group as least squares sees it: where x is the same for all, their mean says as much as they do. */
export interface Point {
  readonly x: number
  readonly mean: number
  /** Values in it. */
  readonly weight: number
}

/** A curve through points by weighted least squares. */
export interface Curve {
  at(x: number): number
  /** Added to y with each 1 of x; past the knee where there is one; 0 for a constant. */
  readonly slope: number
  /** The x up to which it is flat, null where it has none. */
  readonly knee: number | null
  /** Numbers that were fitted, the variance of the noise not counted. */
  readonly parameters: number
  /** Weighted squares of what it misses the points by. */
  readonly squares: number
}

/** A way to put a curve through points; null where there are too few of them for it. */
export type Fit = (points: readonly Point[]) => Curve | null

/** The points of groups. */
export function pointsOf(groups: readonly Group[]): Point[] {
  return groups.map(({ x, values }) => ({ x, mean: sumOf(values) / values.length, weight: values.length }))
}

/** y = a */
export const fitConstant: Fit = (points) => {
  if (points.length === 0) return null
  const weight = sumOf(points.map((point) => point.weight))
  const a = sumOf(points.map((point) => point.weight * point.mean)) / weight
  return curve(points, { at: () => a, slope: 0, knee: null, parameters: 1 })
}

/** y = a + b x; null with fewer than two different x. */
export const fitLine: Fit = (points) => fitFrom(points, -Infinity)

/** Points to both sides of a knee without which it could be anywhere. */
const pointsBesideKnee = 2
/** Places tried; the x of tables are logarithms, so each is some percent of rows beside the next. */
const kneesTried = 80

/**
 * y = a up to the knee k, a + b (x - k) from there, b > 0: a hinge. For each k on a grid, a and b come
 * from least squares, and the best k wins (Hudson, "Fitting segmented curves whose join points have to
 * be estimated", JASA 1966). At least two points lie on each side of k. Null with fewer than five
 * points, where any points fit, and where nothing rises.
 */
export const fitHinge: Fit = (points) => {
  const range = kneeRange(points)
  if (range === null) return null
  let best: Curve | null = null
  for (let i = 0; i < kneesTried; i++) {
    const knee = range.from + ((range.to - range.from) * i) / kneesTried
    const found = fitFrom(points, knee)
    if (found && found.slope > 0 && (best === null || found.squares < best.squares)) best = found
  }
  return best
}

/** Where `fitHinge` looks for a knee: `from` in, `to` out; null with fewer than five different x. */
export function kneeRange(points: readonly Point[]): { readonly from: number; readonly to: number } | null {
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b)
  const from = xs.at(pointsBesideKnee - 1)
  const to = xs.at(-pointsBesideKnee)
  if (xs.length < 2 * pointsBesideKnee + 1 || from === undefined || to === undefined) return null
  return { from, to }
}

/** Regression of y on max(x, knee), which is the line itself where the knee is at minus infinity. */
function fitFrom(points: readonly Point[], knee: number): Curve | null {
  let [weights, xSum, ySum] = [0, 0, 0]
  for (const { x, mean, weight } of points) {
    weights += weight
    xSum += weight * Math.max(x, knee)
    ySum += weight * mean
  }
  const [xMean, yMean] = [xSum / weights, ySum / weights]
  let [xx, xy] = [0, 0]
  for (const { x, mean, weight } of points) {
    const beside = Math.max(x, knee) - xMean
    xx += weight * beside * beside
    xy += weight * beside * (mean - yMean)
  }
  if (!(xx > 0)) return null
  const slope = xy / xx
  const hinged = Number.isFinite(knee)
  return curve(points, {
    at: (x) => yMean + slope * (Math.max(x, knee) - xMean),
    slope,
    knee: hinged ? knee : null,
    parameters: hinged ? 3 : 2,
  })
}

function curve(points: readonly Point[], fitted: Omit<Curve, 'squares'>): Curve {
  let squares = 0
  for (const { x, mean, weight } of points) squares += weight * (mean - fitted.at(x)) ** 2
  return { ...fitted, squares }
}

/** Squares of what the values lie apart within their groups: no curve can do anything about them. */
export function squaresWithin(groups: readonly Group[]): number {
  return sumOf(
    groups.map(({ values }) => {
      const mean = sumOf(values) / values.length
      return sumOf(values.map((value) => (value - mean) ** 2))
    }),
  )
}

/**
 * The Bayesian information criterion of a curve through `groups`, n ln(RSS / n) + k ln n with the
 * noise's variance among the k (Schwarz, "Estimating the dimension of a model", Annals of Statistics
 * 1978; for least squares: Burnham and Anderson, "Model selection", 2002). The lower the better.
 * `resolution` is what y cannot be told apart below; without it, points without noise would have a
 * criterion of minus infinity.
 */
export function informationCriterion(groups: readonly Group[], fitted: Curve, resolution: number): number {
  const n = sumOf(groups.map(({ values }) => values.length))
  const variance = Math.max((squaresWithin(groups) + fitted.squares) / n, resolution ** 2)
  return n * Math.log(variance) + (fitted.parameters + 1) * Math.log(n)
}

/**
 * The standard deviation by which the points miss the curve beyond what the values' own noise accounts
 * for (the lack of fit of an analysis of variance); 0 where nothing is left to tell it from.
 */
export function scatterBeyondNoise(groups: readonly Group[], fitted: Curve): number {
  const n = sumOf(groups.map(({ values }) => values.length))
  const free = groups.length - fitted.parameters
  if (free <= 0 || n <= groups.length) return 0
  const noise = squaresWithin(groups) / (n - groups.length)
  const beyond = (fitted.squares / free - noise) / (n / groups.length)
  return Math.sqrt(Math.max(0, beyond))
}

function sumOf(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}
