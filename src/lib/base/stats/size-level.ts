import type { Random } from '../random.ts'
import { gaussian } from './bootstrap.ts'
import { kneeRange, type Group } from './curve.ts'
import { studentQuantile } from './student.ts'

/**
 * Disturbances that move whole groups besides the curve: each by itself (`independent`), or each from where the one before
 * it was (`walk`), as on a machine that gets slower and slower. Nobody knows which, so every claim has to hold under both.
 * Each group counts as one observation, whatever its values say of their own noise.
 */
const disturbances = ['independent', 'walk'] as const

type Disturbance = (typeof disturbances)[number]

type Column = Float64Array

/** The design y = a + b u, as orthonormal columns of a regression whose errors are independent and alike. */
interface Design {
  readonly first: Column
  readonly second: Column
  /** u = share of the first column's own + what is left of it, which is so long. */
  readonly share: number
  readonly firstLength: number
  readonly secondLength: number
}

/** Groups, ready for regressions under one kind of disturbance. */
interface Regression {
  readonly y: Column
  readonly line: Design
  readonly hinges: readonly { readonly knee: number; readonly design: Design }[]
}

const kneesTried = 40

/** Null where all groups lie at one x. `isRelative`: what disturbs a group disturbs it by so many percent. */
function regressionOf(groups: readonly Group[], disturbance: Disturbance, isRelative: boolean): Regression | null {
  const sorted = groups.toSorted((a, b) => a.x - b.x)
  const means = sorted.map(({ values }) => values.reduce((sum, value) => sum + value, 0) / values.length)
  const scales = means.map((mean) => (isRelative ? mean : 1))
  const column = (values: readonly number[]): Column => {
    const scaled = values.map((value, i) => value / (scales[i] as number))
    return Float64Array.from(scaled, (value, i) =>
      disturbance === 'walk' && i > 0 ? value - (scaled[i - 1] as number) : value,
    )
  }
  const ones = column(means.map(() => 1))
  const designOf = (knee: number): Design | null => orthonormal(ones, column(sorted.map(({ x }) => Math.max(x, knee))))
  const line = designOf(-Infinity)
  if (line === null) return null
  const range = kneeRange(sorted.map(({ x }, i) => ({ x, mean: means[i] as number, weight: 1 })))
  const step = range === null ? 0 : (range.to - range.from) / kneesTried
  const hinges = Array.from({ length: range === null ? 0 : kneesTried }, (_, i) => {
    const knee = (range?.from ?? 0) + step * i
    const design = designOf(knee)
    return design === null ? [] : [{ knee, design }]
  }).flat()
  return { y: column(means), line, hinges }
}

const tiny = 1e-9

function orthonormal(ones: Column, us: Column): Design | null {
  const firstLength = Math.sqrt(dot(ones, ones))
  const first = ones.map((value) => value / firstLength)
  const along = dot(us, first)
  const rest = us.map((value, i) => value - along * (first[i] as number))
  const secondLength = Math.sqrt(dot(rest, rest))
  if (!(secondLength > tiny)) return null
  const second = rest.map((value) => value / secondLength)
  return { first, second, share: along / firstLength, firstLength, secondLength }
}

function dot(a: Column, b: Column): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}

/** Squares that a constant, a line, and the best of the rising hinges leave. */
function squaresLeft(y: Column, { line, hinges }: Regression) {
  const constant = Math.max(dot(y, y) - dot(y, line.first) ** 2, 0)
  const steepest = hinges.reduce((most, { design }) => Math.max(most, dot(y, design.second)), 0)
  return {
    constant,
    line: Math.max(constant - dot(y, line.second) ** 2, 0),
    hinge: Math.max(constant - steepest ** 2, constant * tiny ** 2, Number.MIN_VALUE),
  }
}

/** How probable it is that chance alone makes a hinge look as much better than the other curve. */
export interface HingeTest {
  readonly overConstant: number
  readonly overLine: number
}

/**
 * Tests a rising hinge through groups. The place of its knee is chosen after the fact, so that the F statistic has no
 * table: its distribution is drawn (`draws` times), of groups that nothing but a disturbance moves. Over a constant, the
 * larger of the probabilities under both kinds of disturbance is given. 1 with fewer than five different x.
 */
export function testHinge(groups: readonly Group[], random: Random, draws: number): HingeTest {
  const found = { overConstant: 0, overLine: 0 }
  for (const disturbance of disturbances) {
    const regression = regressionOf(groups, disturbance, false)
    if (regression === null || regression.hinges.length === 0) return { overConstant: 1, overLine: 1 }
    const { constant, line, hinge } = squaresLeft(regression.y, regression)
    const beaten = { constant: 1, line: 1 }
    for (let draw = 0; draw < draws; draw++) {
      const drawn = squaresLeft(
        regression.y.map(() => gaussian(random)),
        regression,
      )
      if (drawn.constant / drawn.hinge >= constant / hinge) beaten.constant++
      if (drawn.line / drawn.hinge >= line / hinge) beaten.line++
    }
    found.overConstant = Math.max(found.overConstant, beaten.constant / (draws + 1))
    if (disturbance === 'independent') found.overLine = beaten.line / (draws + 1)
  }
  return found
}

/** Quantile that bounds a two-sided interval of 95%. */
const confidence = 0.975

/**
 * The 95% interval of a curve at `x` that need not have been measured, wide enough for either kind of disturbance: by
 * Student's t for a line; for a hinge, of all the knees that an F test does not rule out (profile likelihood). Null with
 * too few groups.
 */
export function predictAt(
  groups: readonly Group[],
  x: number,
  curve: 'line' | 'hinge',
): [low: number, high: number] | null {
  const freedom = groups.length - (curve === 'line' ? 2 : 3)
  if (freedom < 1) return null
  const t = studentQuantile(confidence, freedom)
  // Differences of two latencies have no scale of their own.
  const isRelative = groups.every(({ values }) => values.every((value) => value > 0))
  let found: [number, number] | null = null
  for (const disturbance of disturbances) {
    const regression = regressionOf(groups, disturbance, isRelative)
    if (regression === null) return null
    const { y, line, hinges } = regression
    const left = squaresLeft(y, regression)
    const least = left[curve]
    const candidates = curve === 'line' ? [{ knee: -Infinity, design: line }] : hinges
    for (const { knee, design } of candidates) {
      const rise = dot(y, design.second)
      const isOpen = left.constant - rise ** 2 <= least * (1 + t ** 2 / freedom) + left.constant * tiny
      if (!isOpen || (curve === 'hinge' && rise <= 0)) continue
      const u = (Math.max(x, knee) - design.share) / design.secondLength
      const value = dot(y, design.first) / design.firstLength + rise * u
      const margin = t * Math.sqrt((least / freedom) * (1 / design.firstLength ** 2 + u ** 2))
      found = [Math.min(found?.[0] ?? Infinity, value - margin), Math.max(found?.[1] ?? -Infinity, value + margin)]
    }
  }
  return found
}
