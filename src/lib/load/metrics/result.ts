import { mergeHistograms, percentileMs, percentilesOf, spectrumOf } from '../../base/measure/histogram.ts'
import type { OutcomeCounts } from '../ledger/ledger.ts'
import type { LoadModel } from '../engine/model.ts'
import type { StepSum, MetricsTotal, IntervalMetrics } from './interval-metrics.ts'
import type { LoadRecord } from '../../record/record.ts'
import type { Timeline } from './timeline.ts'

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

/** The result of one step. */
export type StepResult = LoadRecord['steps'][number]

/** Figures of a report that earlier versions left out. */
type LaterFigures =
  | 'iterations'
  | 'skipped'
  | 'full'
  | 'errors'
  | 'errorReasons'
  | 'reconnected'
  | 'droppedTexts'
  | 'afterEnd'
  | 'statements'
  | 'slices'

/** The result of a run: what its report says of it, and how late requests and users were. */
export interface RunResult
  extends
    Omit<
      LoadRecord,
      LaterFigures | 'verdict' | 'workload' | 'target' | 'model' | 'workers' | 'figures' | 'faults' | 'lateStartP50'
    >,
    Required<Pick<LoadRecord, LaterFigures>> {
  /** Transactions that were made again, by what the engine said. */
  readonly retries: Readonly<Record<string, number>>
  /** From the start until the last user of a closed model began, ms. */
  readonly startsMs: number
  /** Percentiles of how late requests were sent, ms: what timers are late by themselves is in it. */
  readonly lateStartP50: number | null
  readonly lateStartP99: number | null
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
    statements: [...recorded.parts].map(([name, step]) => stepResult(name, step, seconds)),
    retries: recorded.retryReasons,
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
