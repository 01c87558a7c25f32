import {
  countsOf,
  createHistogram,
  recordMs,
  type HistogramCounts,
  type LatencyHistogram,
} from '../measure/histogram.ts'
import { keepStepNames } from './kept-names.ts'
import { createReasonCounts } from './reason-counts.ts'

/** One request, all times in ms of the same clock. */
export interface Sample {
  readonly step: string
  /** When it should have been sent: what its response time is measured from. */
  readonly due: number
  /** The same with what a timer was late by itself, which is not in `due`; that unless given. */
  readonly planned?: number
  /** When it was sent. */
  readonly sent: number
  /** When the last byte of its answer, or its failure, was there. */
  readonly ended: number
  /** Of the answer's body. */
  readonly bytes: number
  /** Why it failed; null when it did not. */
  readonly failure: string | null
  /** It was sent again, over a new connection. */
  readonly reconnected?: boolean | undefined
}

/** What was recorded of a step. */
export interface StepTally {
  readonly name: string
  readonly failures: number
  /** Requests that ended after the end of the run, in the grace: of all of these, and none unless given. */
  readonly afterEnd?: number
  /** Of all bodies. */
  readonly bytes: number
  readonly response: HistogramCounts
  readonly service: HistogramCounts
}

/** What was recorded in a stretch of time; those of all stretches and of all generators add up to the whole. */
export interface Tally {
  /** Virtual users at its end. */
  readonly users: number
  /** Iterations of the open model that were due and could not start. */
  readonly skipped: number
  /** Those that were used in it. */
  readonly steps: readonly StepTally[]
  /** How often each reason was given. */
  readonly failureReasons: Readonly<Record<string, number>>
  /** Iterations whose scenario threw. */
  readonly errors: number
  /** How often each of them threw what. */
  readonly errorReasons: Readonly<Record<string, number>>
  /** Requests that were sent again, because their connections had been closed. */
  readonly reconnected: number
  /** Texts over WebSockets that were dropped because too many waited to be received. */
  readonly droppedTexts: number
  /** How late requests were sent. */
  readonly late: HistogramCounts
}

/** Records requests in memory that grows with nothing but the steps, of which it tells at most 100 apart. */
export interface Recorder {
  record(sample: Sample): void
  /** A scenario threw, which ended an iteration; whether its requests failed is another matter. */
  recordError(reason: string): void
  /** An iteration could not start when it was due. */
  recordSkipped(): void
  /** A text that had come over a WebSocket was dropped, because too many waited to be received. */
  recordDroppedText(): void
  /** What ends after `at`, on the clock, is counted apart from now on. */
  endAt(at: number): void
  /** What was recorded since it was last asked, with how many users there are now. */
  take(users: number): Tally
}

interface StepState {
  failures: number
  afterEnd: number
  bytes: number
  readonly response: LatencyHistogram
  readonly service: LatencyHistogram
}

/** An empty recorder. */
export function createRecorder(): Recorder {
  const steps = new Map<string, StepState>()
  const stepNames = keepStepNames()
  const failureReasons = createReasonCounts()
  const errorReasons = createReasonCounts()
  const late = createHistogram()
  let skipped = 0
  let errors = 0
  let reconnected = 0
  let droppedTexts = 0
  let endedAt = Infinity

  function stepOf(given: string): StepState {
    const known = steps.get(given)
    if (known) return known
    const name = stepNames(given)
    const state = steps.get(name) ?? {
      failures: 0,
      afterEnd: 0,
      bytes: 0,
      response: createHistogram(),
      service: createHistogram(),
    }
    steps.set(name, state)
    return state
  }

  return {
    recordError(reason) {
      errors++
      errorReasons.add(reason)
    },
    record({ step, due, planned = due, sent, ended, bytes, failure, reconnected: again = false }) {
      const state = stepOf(step)
      recordMs(state.response, ended - due)
      recordMs(state.service, ended - sent)
      recordMs(late, sent - planned)
      state.bytes += bytes
      if (again) reconnected++
      if (ended > endedAt) state.afterEnd++
      if (failure === null) return
      state.failures++
      failureReasons.add(failure)
    },
    recordSkipped() {
      skipped++
    },
    recordDroppedText() {
      droppedTexts++
    },
    endAt(at) {
      endedAt = at
    },
    take(users) {
      const used = [...steps].filter(([, { response }]) => response.totalCount > 0)
      const tally = {
        users,
        skipped,
        steps: used.map(([name, { failures, afterEnd, bytes, response, service }]) => {
          const after = afterEnd > 0 ? { afterEnd } : {}
          return { name, failures, ...after, bytes, response: countsOf(response), service: countsOf(service) }
        }),
        failureReasons: failureReasons.take(),
        errors,
        errorReasons: errorReasons.take(),
        reconnected,
        droppedTexts,
        late: countsOf(late),
      }
      for (const [, state] of used) empty(state)
      late.reset()
      skipped = 0
      errors = 0
      reconnected = 0
      droppedTexts = 0
      return tally
    },
  }
}

function empty(state: StepState): void {
  state.failures = 0
  state.afterEnd = 0
  state.bytes = 0
  state.response.reset()
  state.service.reset()
}
