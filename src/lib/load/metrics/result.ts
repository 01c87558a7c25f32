import {
  mergeHistograms,
  percentileMs,
  percentilesOf,
  type Percentiles,
  spectrumOf,
  type Spectrum,
} from '../../base/measure/histogram.ts'
import type { OutcomeCounts } from '../ledger/ledger.ts'
import type { LoadModel } from '../engine/model.ts'
import type { StepSum, MetricsTotal, IntervalMetrics } from './interval-metrics.ts'
import type { Timeline, TimelineRow, Windows } from './timeline.ts'

/** How far one generator has come, or came in the end. */
export interface ShardProgress {
  /** From the first user's start to the end of the run, without the grace. */
  readonly seconds: number
  /** The same with the grace. */
  readonly elapsedSeconds: number
  /** The most that were there at the same time. */
  readonly users: number
  /** Iterations were skipped because no more may be in flight. */
  readonly full: boolean
  /** Iterations were skipped because no user was prepared yet. */
  readonly unprepared?: true | undefined
  /** That began. */
  readonly iterations: number
  /** From the start until the last user of a closed model began, ms; none unless given. */
  readonly startsMs?: number | undefined
  /** Time of all users up to their stop, and what of it they waited for responses. */
  readonly userMs: number
  readonly waitedMs: number
}

/** The report of a generator after each second, and once more at its end. */
export interface ShardInterval {
  /** Since it said so before. */
  readonly recorded: IntervalMetrics
  readonly progress: ShardProgress
}

/** The result of one step; times in ms. */
export interface StepResult {
  readonly name: string
  readonly requests: number
  readonly failures: number
  /** That ended in the time of the run, over that time. */
  readonly rps: number
  readonly meanBytes: number
  readonly responseTime: Percentiles
  readonly serviceTime: Percentiles
}

/** The result of a run. */
export interface RunResult {
  /** From the first user's start to the end of the run, without the grace. */
  readonly seconds: number
  /** The most that were there at the same time; of several generators, the sum of what was the most in each. */
  readonly users: number
  /** That began. */
  readonly iterations: number
  /** From the start until the last user of a closed model began, ms. */
  readonly startsMs: number
  /** Iterations of the open model that could not start. */
  readonly skipped: number
  /** Some of these because no more may be in flight. */
  readonly full: boolean
  /** Some of these because no user was prepared yet. */
  readonly unprepared?: true
  readonly requests: number
  readonly failures: number
  /** Requests that ended after the end of the run, in the grace. */
  readonly afterEnd: number
  /** Those that ended in the time of the run, over that time. */
  readonly rps: number
  /**
   * The rate had every response been instant and every timer exact: in the closed
   * model by the same users, in the open one by all arrivals. 0 when users never thought, which has
   * no such rate.
   */
  readonly idealRps: number
  readonly outcomes: OutcomeCounts
  /** Failures by their reason. */
  readonly failureReasons: Readonly<Record<string, number>>
  /** Iterations whose scenario threw; that they made requests which failed is not said by it. */
  readonly errors: number
  /** These by what they threw, after the scenario's name. */
  readonly errorReasons: Readonly<Record<string, number>>
  /** Requests that were sent again, because the server had closed their kept connections. */
  readonly reconnected: number
  /** Texts over WebSockets that were dropped because too many waited to be received. */
  readonly droppedTexts: number
  readonly responseTime: Percentiles
  readonly serviceTime: Percentiles
  /** Missing without requests. */
  readonly spectrum?: Spectrum
  readonly steps: readonly StepResult[]
  /** Its requests add up to all requests, those that ended in the grace included. */
  readonly timeline: readonly TimelineRow[]
  readonly slices: Windows
  /** Percentiles of how late requests were sent, ms: what timers are late by themselves is in it. */
  readonly lateStartP50: number | null
  readonly lateStartP99: number | null
  /** It ended before its time. */
  readonly interrupted: boolean
}

/** Data of the whole run. */
interface Whole {
  readonly model: LoadModel
  /** All that was recorded. */
  readonly recorded: MetricsTotal
  readonly timeline: Timeline
  /** Metrics that came after the last second of each generator. */
  readonly rests: readonly IntervalMetrics[]
  readonly outcomes: OutcomeCounts
  readonly interrupted: boolean
}

/** Adds up what the generators of a run did. Percentiles are those of all requests together. */
export function summarizeRun(shards: readonly ShardProgress[], whole: Whole): RunResult {
  const { recorded } = whole
  const sum = (count: (shard: ShardProgress) => number): number =>
    shards.reduce((total, shard) => total + count(shard), 0)
  const seconds = Math.max(0, ...shards.map((shard) => shard.seconds))
  const elapsedSeconds = Math.max(0, ...shards.map((shard) => shard.elapsedSeconds))
  const steps = [...recorded.steps]
  const sums = steps.map(([, step]) => step)
  const responseTime = mergeHistograms(sums.map(({ response }) => response))
  const serviceTime = mergeHistograms(sums.map(({ service }) => service))
  const spectrum = spectrumOf(responseTime, serviceTime)
  const requests = responseTime.totalCount
  const afterEnd = sums.reduce((total, step) => total + step.afterEnd, 0)
  const rps = perSecond(requests - afterEnd, seconds)
  const counts = {
    iterations: sum(({ iterations }) => iterations),
    skipped: recorded.skipped,
    userMs: sum(({ userMs }) => userMs),
    waitedMs: sum(({ waitedMs }) => waitedMs),
  }
  return {
    seconds,
    users: sum(({ users }) => users),
    iterations: counts.iterations,
    startsMs: Math.max(0, ...shards.map(({ startsMs = 0 }) => startsMs)),
    skipped: counts.skipped,
    full: shards.some(({ full }) => full),
    ...(shards.some(({ unprepared }) => unprepared) ? { unprepared: true as const } : {}),
    requests,
    failures: sums.reduce((total, { failures }) => total + failures, 0),
    afterEnd,
    rps,
    idealRps: idealRate(whole.model, { requests, seconds, ...counts }),
    outcomes: whole.outcomes,
    failureReasons: recorded.failureReasons,
    errors: recorded.errors,
    errorReasons: recorded.errorReasons,
    reconnected: recorded.reconnected,
    droppedTexts: recorded.droppedTexts,
    responseTime: percentilesOf(responseTime),
    serviceTime: percentilesOf(serviceTime),
    ...(spectrum ? { spectrum } : {}),
    steps: steps.map(([name, step]) => stepResult(name, step, seconds)),
    ...whole.timeline.finish(whole.rests, elapsedSeconds),
    lateStartP50: percentileMs(recorded.late, 50),
    lateStartP99: percentileMs(recorded.late, 99),
    interrupted: whole.interrupted,
  }
}

function stepResult(
  name: string,
  { failures, afterEnd, bytes, response, service }: StepSum,
  seconds: number,
): StepResult {
  const requests = response.totalCount
  return {
    name,
    requests,
    failures,
    rps: perSecond(requests - afterEnd, seconds),
    meanBytes: requests > 0 ? bytes / requests : 0,
    responseTime: percentilesOf(response),
    serviceTime: percentilesOf(service),
  }
}

function perSecond(count: number, seconds: number): number {
  return seconds > 0 ? count / seconds : 0
}

/** Users thought when more of their time than this was free for each request, ms: less is what the generator takes. */
const leastThinkMs = 1

interface Counts {
  readonly requests: number
  readonly seconds: number
  readonly iterations: number
  readonly skipped: number
  readonly userMs: number
  readonly waitedMs: number
}

/**
 * Returns the rate that instant responses would have allowed, of all requests. Closed model: in the
 * time U - W that users did not spend waiting (U: all their time, W: their response times, both up to their stop) they
 * made these requests, so in U they would make U / (U - W) times as many. Open model: the arrivals that were skipped
 * would have made as many requests each as the others. Users that never think, and connections, have no such rate, 0.
 */
function idealRate({ kind }: LoadModel, counts: Counts): number {
  const { iterations, skipped, userMs, waitedMs } = counts
  const madeRps = perSecond(counts.requests, counts.seconds)
  if (kind === 'open') return iterations > 0 ? (madeRps * (iterations + skipped)) / iterations : 0
  const freeMs = userMs - waitedMs
  return kind === 'closed' && freeMs > counts.requests * leastThinkMs ? (madeRps * userMs) / freeMs : 0
}
