import type { Random } from '../base/random.ts'
import type { Estimate } from '../base/stats/bootstrap.ts'
import { smallestDetectable, type TestPlan, studentQuantile, twoSidedP } from '../base/stats/student.ts'
import { mannWhitney } from '../base/stats/significance.ts'
import { mean } from '../base/stats/quantiles.ts'
import type { Metric } from './metrics.ts'
import { defaultNoise, differenceOf, logFigure, type LogFigure, type Noise, type Sides } from './noise.ts'

/** The change of one metric, whatever the other metrics do. */
export interface MetricResult {
  /**
   * Levels of the sides, in the metric's unit: the geometric mean of the runs that the change is computed from; of shares, all
   * events together.
   */
  readonly baseline: number
  readonly candidate: number
  /** Change as a share of the baseline (0.1 is 10% more); of a share, the difference. 95% interval. */
  readonly effect: Estimate
  /** Two-sided probability of an effect as large as this, were both sides the same. */
  readonly p: number
  /** Probability by the rank test over blocks; null where there are too few. */
  readonly rankP: number | null
  /** The largest effect that 95% of comparisons of the same with itself would show. */
  readonly noise: number
  /** The smallest effect that these runs could have been expected to show. */
  readonly detectable: number
}

/** The rest of what a result depends on, besides the runs. */
export interface ExamineOptions {
  /** The first run of one side belongs to the first of the other, and so on. */
  readonly paired: boolean
  /** Noise of runs of the same thing, by metric. */
  readonly noise: ReadonlyMap<string, Noise>
  /** Two-sided probability of a false alarm, of the whole family of metrics. */
  readonly level: number
  /** Metrics in the family. */
  readonly family: number
  readonly random: Random
}

const confidence = 0.95
const power = 0.8
/** With fewer values a side, no order of them would convince the rank test. */
const minRanked = 5

/** Compares one metric, which has a value in each run of both sides. */
export function examine(sides: Sides<Metric>, options: ExamineOptions): MetricResult {
  return sides.baseline[0]?.sampling.kind === 'share' ? examineShares(sides, options) : examineFigures(sides, options)
}

function examineFigures(sides: Sides<Metric>, options: ExamineOptions): MetricResult {
  const [first] = sides.baseline as [Metric]
  const random = options.random.fork(first.key)
  const figures = (side: readonly Metric[], name: string) =>
    side.map((metric, run) => logFigure(metric, random.fork(name).fork(run)))
  const logs = { baseline: figures(sides.baseline, 'baseline'), candidate: figures(sides.candidate, 'candidate') }
  const known = { measured: options.noise.get(first.key) ?? null, byDefault: defaultNoise(first) }
  const { mean: difference, error, freedom, levels } = differenceOf(logs, options.paired, known)
  const margin = studentQuantile((1 + confidence) / 2, freedom) * error
  return {
    baseline: Math.exp(levels.baseline),
    candidate: Math.exp(levels.candidate),
    effect: {
      value: Math.expm1(difference),
      low: Math.expm1(difference - margin),
      high: Math.expm1(difference + margin),
    },
    p: pOf(difference, error, freedom),
    rankP: rankP(logs, options.paired),
    noise: Math.expm1(margin),
    detectable: Math.expm1(smallestDetectable(error, freedom, planOf(options))),
  }
}

function planOf({ level, family }: ExamineOptions): TestPlan {
  return { level: level / family, power }
}

function pOf(difference: number, error: number, freedom: number): number {
  if (difference === 0) return 1
  return error > 0 ? twoSidedP(difference / error, freedom) : 0
}

/**
 * The rank test over the blocks of all runs, or over the runs themselves where they have no blocks. Those of a
 * pair are taken from the level of their pair, so that what changed between pairs counts for neither side
 * (aligned ranks: Hodges and Lehmann, Annals of Mathematical Statistics 1962).
 */
function rankP(sides: Sides<LogFigure>, paired: boolean): number | null {
  const levelOf = (pair: number) =>
    paired ? meanOf([sides.baseline[pair] as LogFigure, sides.candidate[pair] as LogFigure]) : 0
  const ranked = (side: readonly LogFigure[]) =>
    side.flatMap(({ value, blocks }, run) => (blocks.length > 0 ? blocks : [value]).map((one) => one - levelOf(run)))
  const [before, after] = [ranked(sides.baseline), ranked(sides.candidate)]
  return Math.min(before.length, after.length) < minRanked ? null : mannWhitney(before, after).p
}

function meanOf(side: readonly LogFigure[]): number {
  return mean(side.map(({ value }) => value))
}

/**
 * Failures are events, not a measurement that chance spreads: the share of all requests is compared, with
 * one event more of each kind on either side (Agresti and Caffo, The American Statistician 2000), so that
 * none of few is not taken for none at all.
 */
function examineShares(sides: Sides<Metric>, options: ExamineOptions): MetricResult {
  const [before, after] = [sumEvents(sides.baseline), sumEvents(sides.candidate)]
  const error = Math.hypot(errorOfShare(before), errorOfShare(after))
  const [baseline, candidate] = [before.part / before.all, after.part / after.all]
  const difference = shrunk(after) - shrunk(before)
  const margin = studentQuantile((1 + confidence) / 2, Infinity) * error
  const value = candidate - baseline
  return {
    baseline,
    candidate,
    effect: { value, low: Math.min(value, difference - margin), high: Math.max(value, difference + margin) },
    p: value === 0 ? 1 : pOf(difference, error, Infinity),
    rankP: null,
    noise: margin,
    detectable: smallestDetectable(error, Infinity, planOf(options)),
  }
}

interface Events {
  readonly part: number
  readonly all: number
}

function sumEvents(side: readonly Metric[]): Events {
  return side.reduce<Events>(
    ({ part, all }, { sampling }) =>
      sampling.kind === 'share' ? { part: part + sampling.part, all: all + sampling.all } : { part, all },
    { part: 0, all: 0 },
  )
}

function shrunk({ part, all }: Events): number {
  return (part + 1) / (all + 2)
}

function errorOfShare(events: Events): number {
  const share = Math.min(1, shrunk(events))
  return Math.sqrt((share * (1 - share)) / (events.all + 2))
}
