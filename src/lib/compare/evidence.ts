import { quantileOf } from '../base/measure/distribution.ts'
import type { Random } from '../base/random.ts'
import { blockError, stretchLength } from '../base/stats/stationary-bootstrap.ts'
import type { Metric } from './metrics.ts'

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

/** What a run tells of a metric that has a value there. */
export function logFigure({ evidence, value }: Metric, random: Random): LogFigure {
  const figure = log(value ?? 0)
  if (evidence.kind !== 'quantile') return { value: figure, error: 0, blocks: [] }
  const { q, blocks: set } = evidence
  const blocks = set.blocks.map((block) => log(quantileOf(block, q)))
  const estimate = (times: readonly number[]) => log(set.quantile(q, times))
  return { value: figure, error: blockError(blocks.length, stretchLength(blocks), estimate, { draws, random }), blocks }
}

/** The logarithm of a figure that is not negative. */
export function log(value: number): number {
  return Math.log(Math.max(smallest, value))
}
