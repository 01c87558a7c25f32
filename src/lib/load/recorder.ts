import {
  countsOf,
  createHistogram,
  recordMs,
  type HistogramCounts,
  type LatencyHistogram,
} from '../measure/histogram.ts'

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

/** What was recorded in a second, to be added to what other threads recorded in it. */
export interface SecondTally {
  /** Virtual users at its end. */
  readonly users: number
  readonly failures: number
  /** Iterations of the open model that were due and could not start. */
  readonly skipped: number
  readonly response: HistogramCounts
}

/** What was recorded of a step. */
export interface StepTally {
  readonly name: string
  readonly failures: number
  /** Of all bodies. */
  readonly bytes: number
  readonly response: HistogramCounts
  readonly service: HistogramCounts
}

/** All that was recorded. */
export interface Tally {
  readonly steps: readonly StepTally[]
  /** How often each reason was given. */
  readonly failureReasons: Readonly<Record<string, number>>
  /** How late requests were sent. */
  readonly late: HistogramCounts
  /** Iterations of the open model that could not start. */
  readonly skipped: number
  /** What came after the last second that was ended. */
  readonly rest: SecondTally
}

/** Records requests in memory that grows with nothing but the steps, of which it tells at most 100 apart. */
export interface Recorder {
  record(sample: Sample): void
  /** Something failed that is no request: a scenario's own error. */
  recordError(reason: string): void
  /** An iteration could not start when it was due. */
  recordSkipped(): void
  /** Ends the current second. */
  endSecond(users: number): SecondTally
  /** Ends the run. */
  finish(): Tally
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

/** An empty recorder. */
export function createRecorder(): Recorder {
  const steps = new Map<string, StepState>()
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

  function endSecond(users: number): SecondTally {
    const tally = { users, failures: second.failures, skipped: second.skipped, response: countsOf(second.response) }
    second.response.reset()
    second.failures = 0
    second.skipped = 0
    return tally
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
    endSecond,
    finish: () => ({
      steps: [...steps].map(([name, { failures, bytes, response, service }]) => {
        return { name, failures, bytes, response: countsOf(response), service: countsOf(service) }
      }),
      failureReasons: Object.fromEntries(reasons),
      late: countsOf(late),
      skipped,
      rest: endSecond(0),
    }),
  }
}
