import type { Random } from '../../../src/lib/base/random.ts'
import { gaussian } from '../../../src/lib/base/stats/bootstrap.ts'

const million = 1_000_000

/** Sizes that sweeps are made at, rows. */
export const simulatedSizes = {
  five: [0.5, 1, 2, 5, 10].map((size) => size * million),
  eight: [0.2, 0.5, 1, 2, 3, 5, 8, 10].map((size) => size * million),
} as const

/** p50 in microseconds over the rows. */
export type SimulatedCurve = (rows: number) => number

/** Curves that tables have. */
export const simulatedCurves = {
  flat: () => 200,
  logarithmic: (rows) => 100 + 40 * Math.log10(Math.max(1000, rows) / 1000),
  steep: (rows) => 200 + 300 * Math.log10(Math.max(100_000, rows) / 100_000),
  knee: (rows) => 245 + Math.max(0, 500 * Math.log10(Math.max(1, rows) / (1.5 * million))),
} satisfies Record<string, SimulatedCurve>

/** Noise of a sweep, as deviations of the logarithm: 0.05 is about 5%. */
export interface CurveNoise {
  /** Noise of a block. */
  readonly block: number
  /** Noise of a whole size: the machine is slower or faster for a while. */
  readonly size: number
  /** Change of the machine from one size to the next, which stays. */
  readonly walk: number
}

/** Machines that a sweep is made on. */
export const simulatedMachines = {
  quiet: { block: 0.05, size: 0, walk: 0 },
  uneven: { block: 0.05, size: 0.03, walk: 0 },
  drifting: { block: 0.05, size: 0, walk: 0.02 },
  busy: { block: 0.15, size: 0.1, walk: 0.05 },
} satisfies Record<string, CurveNoise>

/** The block medians of a sweep. */
export function simulateSweep(
  curve: SimulatedCurve,
  sizes: readonly number[],
  noise: CurveNoise,
  random: Random,
  blocks = 10,
): { readonly rows: number; readonly blocks: number[] }[] {
  let walked = 0
  return sizes.map((rows) => {
    walked += noise.walk * gaussian(random)
    const level = curve(rows) * Math.exp(walked + noise.size * gaussian(random))
    return { rows, blocks: Array.from({ length: blocks }, () => level * Math.exp(noise.block * gaussian(random))) }
  })
}
