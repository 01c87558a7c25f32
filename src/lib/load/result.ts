import { mergeCounts, percentileMs, percentilesOf, type Percentiles } from '../measure/histogram.ts'
import { spectrumOf, type Spectrum } from '../measure/spectrum.ts'
import type { OutcomeCounts } from './ledger.ts'
import type { LoadModel } from './model.ts'
import type { StepTally, Tally } from './recorder.ts'
import type { Slices } from './slices.ts'
import type { Timeline, TimelineRow } from './timeline.ts'

/** What one thread did, to be added to what the others did. */
export interface ThreadTally {
  /** From the first user's start to the end of the run, without the grace. */
  readonly seconds: number
  /** The same with the grace. */
  readonly elapsedSeconds: number
  /** The most that were there at the same time. */
  readonly users: number
  /** Iterations were skipped because no more may be in flight. */
  readonly full: boolean
  /** That began. */
  readonly iterations: number
  /** Time of all users up to their stop, and what of it they waited for answers. */
  readonly userMs: number
  readonly waitedMs: number
  readonly recorded: Tally
}

/** What a report says of one step; times in ms. */
export interface StepResult {
  readonly name: string
  readonly requests: number
  readonly failures: number
  readonly rps: number
  readonly meanBytes: number
  readonly responseTime: Percentiles
  readonly serviceTime: Percentiles
}

/** What came of a run. */
export interface RunResult {
  /** From the first user's start to the end of the run, without the grace. */
  readonly seconds: number
  /** The most that were there at the same time; of several threads, the sum of what was the most in each. */
  readonly users: number
  /** That began. */
  readonly iterations: number
  /** Iterations of the open model that could not start. */
  readonly skipped: number
  /** Some of these because no more may be in flight. */
  readonly full: boolean
  readonly requests: number
  readonly failures: number
  readonly rps: number
  /**
   * What would have been reached, had every answer been instant and every timer exact: in the closed
   * model by the same users, in the open one by all arrivals. 0 when users never thought, which has
   * no such rate.
   */
  readonly idealRps: number
  readonly outcomes: OutcomeCounts
  /** Failures by their reason. */
  readonly failureReasons: Readonly<Record<string, number>>
  readonly responseTime: Percentiles
  readonly serviceTime: Percentiles
  /** Missing without requests. */
  readonly spectrum?: Spectrum
  readonly steps: readonly StepResult[]
  /** Its requests add up to all requests, those that ended in the grace included. */
  readonly timeline: readonly TimelineRow[]
  readonly slices: Slices
  /** 99th percentile of how late requests were sent, ms. */
  readonly lateStartP99: number | null
  /** It ended before its time. */
  readonly interrupted: boolean
}

/** What only the whole run knows. */
interface Whole {
  readonly model: LoadModel
  readonly timeline: Timeline
  readonly outcomes: OutcomeCounts
  readonly interrupted: boolean
}

/** Adds up what the threads of a run did. Percentiles are those of all requests together. */
export function summarizeRun(parts: readonly ThreadTally[], whole: Whole): RunResult {
  const sum = (count: (part: ThreadTally) => number): number => parts.reduce((total, part) => total + count(part), 0)
  const recorded = parts.map((part) => part.recorded)
  const seconds = Math.max(...parts.map((part) => part.seconds))
  const elapsedSeconds = Math.max(...parts.map((part) => part.elapsedSeconds))
  const tallies = recorded.flatMap(({ steps }) => steps)
  const responseTime = mergeCounts(tallies.map(({ response }) => response))
  const serviceTime = mergeCounts(tallies.map(({ service }) => service))
  const spectrum = spectrumOf(responseTime, serviceTime)
  const requests = responseTime.totalCount
  const rps = perSecond(requests, seconds)
  const counts = {
    iterations: sum(({ iterations }) => iterations),
    skipped: sum((part) => part.recorded.skipped),
    userMs: sum(({ userMs }) => userMs),
    waitedMs: sum(({ waitedMs }) => waitedMs),
  }
  return {
    seconds,
    users: sum(({ users }) => users),
    iterations: counts.iterations,
    skipped: counts.skipped,
    full: parts.some(({ full }) => full),
    requests,
    failures: tallies.reduce((total, { failures }) => total + failures, 0),
    rps,
    idealRps: idealRate(whole.model, rps, counts),
    outcomes: whole.outcomes,
    failureReasons: sumByName(recorded.map(({ failureReasons }) => failureReasons)),
    responseTime: percentilesOf(responseTime),
    serviceTime: percentilesOf(serviceTime),
    ...(spectrum ? { spectrum } : {}),
    steps: [...Map.groupBy(tallies, ({ name }) => name)].map(([name, same]) => stepResult(name, same, seconds)),
    ...whole.timeline.finish(
      recorded.map(({ rest }) => rest),
      elapsedSeconds,
    ),
    lateStartP99: percentileMs(mergeCounts(recorded.map(({ late }) => late)), 99),
    interrupted: whole.interrupted,
  }
}

function stepResult(name: string, tallies: readonly StepTally[], seconds: number): StepResult {
  const response = mergeCounts(tallies.map((tally) => tally.response))
  const requests = response.totalCount
  const bytes = tallies.reduce((total, tally) => total + tally.bytes, 0)
  return {
    name,
    requests,
    failures: tallies.reduce((total, { failures }) => total + failures, 0),
    rps: perSecond(requests, seconds),
    meanBytes: requests > 0 ? bytes / requests : 0,
    responseTime: percentilesOf(response),
    serviceTime: percentilesOf(mergeCounts(tallies.map(({ service }) => service))),
  }
}

function perSecond(count: number, seconds: number): number {
  return seconds > 0 ? count / seconds : 0
}

function sumByName(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums = new Map<string, number>()
  for (const [name, count] of counts.flatMap(Object.entries<number>)) sums.set(name, (sums.get(name) ?? 0) + count)
  return Object.fromEntries(sums)
}

interface Counts {
  readonly iterations: number
  readonly skipped: number
  readonly userMs: number
  readonly waitedMs: number
}

/**
 * Closed model: users whose answers are instant would make the same requests in the time U - W that
 * they did not spend waiting (U: all their time, W: their response times, both up to their stop), so
 * in U they would make U / (U - W) times as many. Open model: the arrivals that were skipped would
 * have made as many requests each as the others.
 */
function idealRate({ kind }: LoadModel, rps: number, { iterations, skipped, userMs, waitedMs }: Counts): number {
  if (kind === 'open') return iterations > 0 ? (rps * (iterations + skipped)) / iterations : 0
  const freeShare = userMs > 0 ? 1 - waitedMs / userMs : 0
  return freeShare > 0 ? rps / freeShare : 0
}
