import type { Random } from '../random.ts'
import { mean } from './quantiles.ts'

/** How much a figure moves when other blocks had been measured. */
export interface BootstrapOptions {
  readonly draws: number
  readonly random: Random
}

/**
 * The standard error of a figure of blocks that depend on their neighbours: `estimate` is told how often
 * each block was drawn, `draws` times, and what it answers is spread by so much. Blocks are drawn in
 * stretches of random length, mean `stretch` (Politis and Romano, "The Stationary Bootstrap", JASA 1994).
 * NaN with fewer than two blocks.
 */
export function blockError(
  blocks: number,
  stretch: number,
  estimate: (times: readonly number[]) => number,
  { draws, random }: BootstrapOptions,
): number {
  if (blocks < 2) return NaN
  const drawn = Array.from({ length: draws }, () => estimate(drawTimes(blocks, stretch, random)))
  const middle = mean(drawn)
  return Math.sqrt(drawn.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (drawn.length - 1))
}

/** How often each of `blocks` is drawn when as many are drawn in all; the last is followed by the first. */
function drawTimes(blocks: number, stretch: number, random: Random): number[] {
  const times = Array.from({ length: blocks }, () => 0)
  let at = 0
  for (let i = 0; i < blocks; i++) {
    at = i === 0 || random.float() < 1 / stretch ? random.integer(0, blocks - 1) : (at + 1) % blocks
    times[at] = (times[at] as number) + 1
  }
  return times
}

/** Beyond, what is estimated of so few blocks would give stretches as long as the run. */
const mostDependent = 0.9

/**
 * The mean length of stretches that suits a series of blocks, in blocks: (2 r / (1 - r^2))^(2/3) n^(1/3)
 * for the correlation r of each with the next (Politis and White, "Automatic Block-Length Selection for
 * the Dependent Bootstrap", Econometric Reviews 2004, for an autoregressive series as Andrews,
 * Econometrica 1991, takes it). At least 1, at most a quarter of the series.
 */
export function stretchLength(values: readonly number[]): number {
  const r = Math.min(mostDependent, Math.max(0, neighbourCorrelation(values)))
  const length = ((2 * r) / (1 - r * r)) ** (2 / 3) * values.length ** (1 / 3)
  return Math.max(1, Math.min(length, values.length / 4))
}

/** The correlation of each value with the next; 0 where all are equal. */
export function neighbourCorrelation(values: readonly number[]): number {
  const middle = mean(values)
  let [together, squares] = [0, 0]
  for (const [index, value] of values.entries()) {
    squares += (value - middle) ** 2
    const next = values[index + 1]
    if (next !== undefined) together += (value - middle) * (next - middle)
  }
  return squares > 0 ? together / squares : 0
}
