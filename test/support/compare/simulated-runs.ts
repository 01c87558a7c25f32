import type { Metric } from '../../../src/lib/compare/metrics.ts'
import type { Sides } from '../../../src/lib/compare/noise.ts'
import { planPairs } from '../../../src/lib/compare/choose-runs.ts'
import { createBlockSet, distributionOf, type Distribution } from '../../../src/lib/base/measure/distribution.ts'
import type { Random } from '../../../src/lib/base/random.ts'
import { gaussian } from '../../../src/lib/base/stats/bootstrap.ts'

/** Noise of a measurement, as deviations of the logarithm: 0.05 is about 5%. */
export interface SimulatedNoise {
  /** From run to run, for no reason that is seen. */
  readonly run: number
  /** Drift of the machine from one run to the next. */
  readonly drift: number
  /** Probability that a run fell into a bad time, and is slower throughout by up to `badBy`. */
  readonly badRuns: number
  readonly badBy: number
  /** Noise of blocks within a run, each correlated with the one before it by `dependence`. */
  readonly block: number
  readonly dependence: number
  /** Largest change of speed from the beginning of a run to its end. */
  readonly trend: number
  /** Probability of a block with a stall, and by which factor it is slower, at most. */
  readonly stalls: number
  readonly stallFactor: number
}

/** Shape of the measured latencies. */
export interface SimulatedWork {
  readonly blocks: number
  /** Samples in each block. */
  readonly samples: number
  /** Median, us. */
  readonly median: number
  /** Deviation of the logarithm of latencies about the median. */
  readonly spread: number
  /** Share of samples in a Pareto tail from `tailFrom` times the median, with the exponent 2. */
  readonly tail: number
  readonly tailFrom: number
}

/** As `insert-reservation-bench --inserts 1000` on SQLite: 20 blocks, and a commit in a hundred that waits for the disk. */
export const simulatedInserts: SimulatedWork = {
  blocks: 20,
  samples: 50,
  median: 170,
  spread: 0.3,
  tail: 0.015,
  tailFrom: 10,
}

/** As `load --users 200 --duration 30s` on the API of this repository. */
export const simulatedLoad: SimulatedWork = {
  blocks: 30,
  samples: 74,
  median: 1450,
  spread: 0.9,
  tail: 0.01,
  tailFrom: 8,
}

/** A machine that nobody else uses much. */
export const quietMachine: SimulatedNoise = {
  run: 0.03,
  drift: 0.02,
  badRuns: 0.02,
  badBy: 0.3,
  block: 0.06,
  dependence: 0.5,
  trend: 0.1,
  stalls: 0.01,
  stallFactor: 3,
}

/** A virtual machine in whose processors others work too: what eight runs of either work differed by on one. */
export const sharedMachine: SimulatedNoise = {
  run: 0.1,
  drift: 0.05,
  badRuns: 0.1,
  badBy: 1.5,
  block: 0.15,
  dependence: 0.6,
  trend: 0.3,
  stalls: 0.03,
  stallFactor: 5,
}

/** Simulates the runs of two sides that run in pairs; the candidate's are slower by the factor `slowdown`. */
export function simulatePairs(
  pairs: number,
  slowdown: number,
  work: SimulatedWork,
  noise: SimulatedNoise,
  random: Random,
): Sides<readonly Metric[]> {
  const runs = { baseline: [] as Metric[][], candidate: [] as Metric[][] }
  let drift = 0
  for (const side of planPairs(pairs)) {
    drift += noise.drift * gaussian(random)
    const factor = Math.exp(drift) * (side === 'candidate' ? slowdown : 1)
    runs[side].push(simulateRun({ ...work, median: work.median * factor }, noise, random))
  }
  return runs
}

/** One run's metrics. */
function simulateRun(work: SimulatedWork, noise: SimulatedNoise, random: Random): Metric[] {
  const bad = random.float() < noise.badRuns ? random.float() * noise.badBy : 0
  const level = noise.run * gaussian(random) + bad
  const trend = noise.trend * (2 * random.float() - 1)
  const blocks: Distribution[] = []
  let state = gaussian(random)
  for (let i = 0; i < work.blocks; i++) {
    state = noise.dependence * state + Math.sqrt(1 - noise.dependence ** 2) * gaussian(random)
    const stall = random.float() < noise.stalls ? Math.log(1 + (noise.stallFactor - 1) * random.float()) : 0
    const shift = level + noise.block * state + trend * (i / work.blocks - 0.5) + stall
    blocks.push(simulateBlock({ ...work, median: work.median * Math.exp(shift) }, random))
  }
  return metricsOfBlocks(blocks)
}

function simulateBlock({ samples, median, spread, tail, tailFrom }: SimulatedWork, random: Random): Distribution {
  const latency = () =>
    random.float() < tail
      ? (median * tailFrom) / Math.sqrt(1 - random.float())
      : median * Math.exp(spread * gaussian(random))
  return distributionOf(Array.from({ length: samples }, latency))
}

function metricsOfBlocks(blocks: readonly Distribution[]): Metric[] {
  const set = createBlockSet(blocks)
  const once = blocks.map(() => 1)
  return [0.5, 0.95, 0.99].map((q) => ({
    key: `p${100 * q}`,
    name: `p${100 * q}`,
    value: set.quantile(q, once),
    better: 'lower',
    unit: 'us',
    gates: set.samples * (1 - q) >= 20,
    sampling: { kind: 'quantile', q, blocks: set },
  }))
}
