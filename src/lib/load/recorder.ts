import {
  createHistogram,
  percentileMs,
  percentilesOf,
  recordMs,
  type LatencyHistogram,
  type Percentiles,
} from '../measure/histogram.ts'
import { spectrumOf, type Spectrum } from '../measure/spectrum.ts'

/** One request, all times in ms of the same clock. */
export interface Sample {
  readonly step: string
  /** When it should have been sent. */
  readonly due: number
  /** When it was sent. */
  readonly sent: number
  /** When the last byte of its answer, or its failure, was there. */
  readonly ended: number
  /** Of the answer's body. */
  readonly bytes: number
  /** Why it failed; null when it did not. */
  readonly failure: string | null
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

/** One second of the run, or what came after the last whole one; response times in ms. */
export interface TimelineRow {
  /** From 0. */
  readonly second: number
  /** Its length, ms: 1,000, but for what came after the last whole second. */
  readonly durationMs: number
  /** Virtual users at its end. */
  readonly users: number
  /** That ended in it. */
  readonly requests: number
  readonly failures: number
  /** Iterations of the open model that were due in it and could not start. */
  readonly skipped: number
  readonly rps: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

/** Everything recorded so far. */
export interface Recording {
  readonly requests: number
  readonly failures: number
  /** Iterations of the open model that could not start. */
  readonly skipped: number
  /** Failures by their reason. */
  readonly failureReasons: Readonly<Record<string, number>>
  readonly responseTime: Percentiles
  readonly serviceTime: Percentiles
  /** Missing without requests. */
  readonly spectrum?: Spectrum
  readonly steps: readonly StepResult[]
  /** Its requests add up to all requests, those that ended in the grace included. */
  readonly timeline: readonly TimelineRow[]
  /** 99th percentile of sent - due, ms: how late the generator was. */
  readonly lateStartP99: number | null
}

/** Records requests; its memory grows by one row a second and with the steps, of which it tells at most 100 apart. */
export interface Recorder {
  record(sample: Sample): void
  /** Something failed that is no request: a scenario's own error. */
  recordError(reason: string): void
  /** An iteration could not start when it was due. */
  recordSkipped(): void
  /** Ends the current second, so that it becomes a row. */
  endSecond(users: number): TimelineRow
  /** What was recorded in a run of `seconds`, which with its grace took `elapsedSeconds`. */
  finish(seconds: number, elapsedSeconds: number): Recording
}

interface StepState {
  failures: number
  bytes: number
  readonly response: LatencyHistogram
  readonly service: LatencyHistogram
}

/** Reasons told apart; hostile ones cannot fill the memory. */
const maxReasons = 20
/** Steps told apart: each takes 0.2 MB, and a scenario may well name one after every item of a shop. */
const maxSteps = 100
/** Where the others are counted. */
const otherSteps = 'other steps'

const secondMs = 1000

/** An empty recorder. */
export function createRecorder(): Recorder {
  const steps = new Map<string, StepState>()
  const timeline: TimelineRow[] = []
  const reasons = new Map<string, number>()
  const late = createHistogram()
  const second = { response: createHistogram(), failures: 0, skipped: 0 }
  let skipped = 0

  function stepOf(name: string): StepState {
    const known = steps.get(name)
    if (known) return known
    if (steps.size >= maxSteps && name !== otherSteps) return stepOf(otherSteps)
    const state = { failures: 0, bytes: 0, response: createHistogram(), service: createHistogram() }
    steps.set(name, state)
    return state
  }

  function endRow(users: number, durationMs: number): TimelineRow {
    const { response, failures } = second
    const row = {
      second: timeline.length,
      durationMs,
      users,
      requests: response.totalCount,
      failures,
      skipped: second.skipped,
      rps: perSecond(response.totalCount, durationMs / secondMs),
      p50: percentileMs(response, 50),
      p95: percentileMs(response, 95),
      p99: percentileMs(response, 99),
    }
    timeline.push(row)
    response.reset()
    second.failures = 0
    second.skipped = 0
    return row
  }

  function recordError(reason: string): void {
    const key = reasons.has(reason) || reasons.size < maxReasons ? reason : 'other'
    reasons.set(key, (reasons.get(key) ?? 0) + 1)
  }

  return {
    recordError,
    record({ step, due, sent, ended, bytes, failure }) {
      const state = stepOf(step)
      recordMs(state.response, ended - due)
      recordMs(state.service, ended - sent)
      recordMs(second.response, ended - due)
      recordMs(late, sent - due)
      state.bytes += bytes
      if (failure === null) return
      state.failures++
      second.failures++
      recordError(failure)
    },
    recordSkipped() {
      skipped++
      second.skipped++
    },
    endSecond: (users) => endRow(users, secondMs),
    finish(seconds, elapsedSeconds) {
      const rest = second.response.totalCount + second.skipped
      if (rest > 0) endRow(0, Math.max(0, elapsedSeconds - timeline.length) * secondMs)
      const response = createHistogram()
      const service = createHistogram()
      const results = [...steps].map(([name, state]) => {
        response.add(state.response)
        service.add(state.service)
        return stepResult(name, state, seconds)
      })
      const spectrum = spectrumOf(response, service)
      return {
        requests: response.totalCount,
        failures: results.reduce((sum, step) => sum + step.failures, 0),
        skipped,
        failureReasons: Object.fromEntries(reasons),
        responseTime: percentilesOf(response),
        serviceTime: percentilesOf(service),
        ...(spectrum ? { spectrum } : {}),
        steps: results,
        timeline,
        lateStartP99: percentileMs(late, 99),
      }
    },
  }
}

function stepResult(name: string, state: StepState, seconds: number): StepResult {
  const requests = state.response.totalCount
  return {
    name,
    requests,
    failures: state.failures,
    rps: perSecond(requests, seconds),
    meanBytes: requests > 0 ? state.bytes / requests : 0,
    responseTime: percentilesOf(state.response),
    serviceTime: percentilesOf(state.service),
  }
}

function perSecond(count: number, seconds: number): number {
  return seconds > 0 ? count / seconds : 0
}
