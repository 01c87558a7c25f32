import { quantileOf } from '../base/measure/distribution.ts'
import type { Random } from '../base/random.ts'
import { mean } from '../base/stats/quantiles.ts'
import { blockError, stretchLength } from '../base/stats/stationary-bootstrap.ts'
import { difference, keptByTrimming, trimmedMean, type KnownMean } from '../base/stats/trimmed.ts'
import type { Metric } from './metrics.ts'

/** Both sides of a comparison. */
export interface Sides<T> {
  readonly baseline: readonly T[]
  readonly candidate: readonly T[]
}

/** How much a figure moves from run to run of the same thing, on a logarithmic scale: 0.1 is about 10%. */
export interface Noise {
  /** Standard deviation. */
  readonly deviation: number
  /** Degrees of freedom with which it is known. */
  readonly freedom: number
}

/** Fewer runs a side say too little of how much runs differ. */
const minRuns = 3
/** Fewer pairs say too little of how much the differences within them differ. */
const minPairs = 4
/** The default is known as little as if four runs had been measured: most machines are better, some are worse. */
const defaultFreedom = 3

/**
 * Noise that is assumed between runs of the same thing where none was measured: that which repeated runs
 * showed on a virtual machine whose processors others use too (docs/compare.md).
 */
export function defaultNoise({ unit, sampling }: Metric): Noise {
  if (unit === 'per second') return { deviation: 0.1, freedom: defaultFreedom }
  const far = sampling.kind !== 'quantile' || sampling.q > 0.5
  return { deviation: far ? 0.4 : 0.2, freedom: defaultFreedom }
}

/** The noise of each metric, by its key, in two or more runs of the same thing. */
export function measureNoise(runs: readonly (readonly Metric[])[]): Map<string, Noise> {
  const noise = new Map<string, Noise>()
  for (const [key, metrics] of Map.groupBy(runs.flat(), (metric) => metric.key)) {
    const values = metrics.flatMap(({ value }) => (value === null ? [] : [log(value)]))
    const { error, freedom } = trimmedMean(values)
    if (values.length > 1) noise.set(key, { deviation: error * Math.sqrt(values.length), freedom })
  }
  return noise
}

/** The noise of a metric, known before its runs are looked at. */
export interface KnownNoise {
  /** Null where no runs of the same thing were given. */
  readonly measured: Noise | null
  readonly byDefault: Noise
}

/** How the sides differ, candidate less baseline, and the levels whose difference that is; on a logarithmic scale. */
export interface LevelDifference extends KnownMean {
  readonly levels: { readonly baseline: number; readonly candidate: number }
}

/**
 * The difference of the sides, and what chance alone may make of it. Runs in pairs are told from each other pair by
 * pair, so that what changes slowly hits both alike (4 pairs or more); others by how much each side's runs differ (3 runs
 * a side or more). Of fewer runs, their blocks say what varies within a run, and the known noise what varies from run to
 * run. Measured noise counts wherever it is larger.
 */
export function differenceOf(
  sides: Sides<LogFigure>,
  paired: boolean,
  { measured, byDefault }: KnownNoise,
): LevelDifference {
  const within = Math.hypot(errorOfMean(sides.baseline), errorOfMean(sides.candidate))
  const seen = (paired ? differenceOfPairs(sides) : null) ?? differenceOfRuns(sides)
  const assumed = assume(sides, within, measured ?? byDefault)
  if (seen === null || (measured && assumed.error > seen.error)) return assumed
  return { ...seen, error: Math.max(seen.error, within) }
}

function assume(sides: Sides<LogFigure>, within: number, { deviation, freedom }: Noise): LevelDifference {
  const levels = trimmedLevels(sides)
  const between = deviation * Math.sqrt(1 / sides.baseline.length + 1 / sides.candidate.length)
  return { mean: levels.candidate - levels.baseline, error: Math.hypot(within, between), freedom, levels }
}

function differenceOfPairs({ baseline, candidate }: Sides<LogFigure>): LevelDifference | null {
  if (baseline.length < minPairs) return null
  const [before, after] = [valuesOf(baseline), valuesOf(candidate)]
  const differences = after.map((value, pair) => value - (before[pair] as number))
  const kept = keptByTrimming(differences)
  const level = (side: readonly number[]) => mean(kept.map((pair) => side[pair] as number))
  return { ...trimmedMean(differences), levels: { baseline: level(before), candidate: level(after) } }
}

function differenceOfRuns(sides: Sides<LogFigure>): LevelDifference | null {
  const { baseline, candidate } = sides
  if (Math.min(baseline.length, candidate.length) < minRuns) return null
  const known = difference(trimmedMean(valuesOf(baseline)), trimmedMean(valuesOf(candidate)))
  return { ...known, levels: trimmedLevels(sides) }
}

function trimmedLevels({ baseline, candidate }: Sides<LogFigure>): LevelDifference['levels'] {
  return { baseline: trimmedMean(valuesOf(baseline)).mean, candidate: trimmedMean(valuesOf(candidate)).mean }
}

function valuesOf(side: readonly LogFigure[]): number[] {
  return side.map(({ value }) => value)
}

function errorOfMean(side: readonly LogFigure[]): number {
  return Math.hypot(...side.map(({ error }) => error)) / side.length
}

/** One run's figure on a logarithmic scale, where a change of so many percent is the same everywhere. */
export interface LogFigure {
  readonly value: number
  /** Standard error by its own blocks; 0 where there are none to tell it from. */
  readonly error: number
  /** The same figure of each block. */
  readonly blocks: readonly number[]
}

/** Enough for the second digit of a standard error. */
const draws = 200
/** Nothing is that small; it stands for 0, which has no logarithm. */
const smallest = 1e-9

/** Returns a metric of one run, where it has a value, on a logarithmic scale. */
export function logFigure({ sampling, value }: Metric, random: Random): LogFigure {
  const figure = log(value ?? 0)
  if (sampling.kind !== 'quantile') return { value: figure, error: 0, blocks: [] }
  const { q, blocks: set } = sampling
  const blocks = set.blocks.map((block) => log(quantileOf(block, q)))
  const estimate = (times: readonly number[]) => log(set.quantile(q, times))
  return { value: figure, error: blockError(blocks.length, stretchLength(blocks), estimate, { draws, random }), blocks }
}

/** The logarithm of a figure that is not negative. */
function log(value: number): number {
  return Math.log(Math.max(smallest, value))
}
