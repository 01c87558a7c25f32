import { countsArrayOf, countsOf, recordMs, type LatencyHistogram } from '../../base/measure/histogram.ts'
import { ownMemory, stepAt, totalAt, type CountsMemory } from './counts-memory.ts'
import type { IntervalMetrics, StepMetrics } from './interval-metrics.ts'
import { keepStepNames, mostReasons, createReasonCounts } from './named-counts.ts'

/** One request, all times in ms of the same clock. */
export interface Sample {
  readonly step: string
  /** When it should have been sent: what its response time is measured from. */
  readonly due: number
  /** The same with what a timer was late by itself, which is not in `due`; that unless given. */
  readonly planned?: number
  /** When it was sent. */
  readonly sent: number
  /** When the user asked for it, where a connection had to come free first; when it was sent unless given. */
  readonly asked?: number
  /** When the last byte of its response, or its failure, was there. */
  readonly ended: number
  /** Bytes of the response's body. */
  readonly bytes: number
  /** Why it failed; null when it did not. */
  readonly failure: string | null
  /** It was sent again, over a new connection. */
  readonly reconnected?: boolean | undefined
}

/** A statement within a transaction, which counts as a whole. */
export type PartSample = Pick<Sample, 'step' | 'due' | 'sent' | 'ended'> & { readonly failed: boolean }

/** Records requests in memory that grows with nothing but the steps, of which it tells at most 100 apart. */
export interface Recorder {
  record(sample: Sample): void
  /** Records what is no request of its own. */
  recordPart(sample: PartSample): void
  /** A transaction is made again, since the engine asked for it. */
  recordRetry(reason: string): void
  /** A scenario threw, which ended an iteration; whether its requests failed is another matter. */
  recordError(reason: string): void
  recordIteration(): void
  /** So many users were there at the same time, the most of a run. */
  recordUsers(users: number): void
  /** An iteration could not start when it was due. */
  recordSkipped(): void
  /** A text that had come over a WebSocket was dropped, because too many waited to be received. */
  recordDroppedText(): void
  /** Counts apart, from now on, requests that end after `at` on the clock. */
  endAt(at: number): void
  /** Takes the metrics since the last call, with how many users there are now. */
  take(users: number): IntervalMetrics
}

interface StepState {
  readonly numbers: Float64Array
  readonly response: LatencyHistogram
  readonly service: LatencyHistogram
}

/** An empty recorder, which counts in `memory`: its own unless given. */
export function createRecorder(memory: CountsMemory = ownMemory): Recorder {
  const steps = createStepStates(memory, 'step')
  const parts = createStepStates(memory, 'part')
  const totals = memory.numbers(Object.keys(totalAt).length)
  const reasonNumbers = {
    failureReasons: memory.numbers(mostReasons),
    errorReasons: memory.numbers(mostReasons),
    retryReasons: memory.numbers(mostReasons),
  }
  const late = memory.histogram()
  memory.tell({ kind: 'totals', totals, ...reasonNumbers, late: countsArrayOf(late) })
  const failureReasons = createReasonCounts(reasonNumbers.failureReasons, (name) =>
    memory.tell({ kind: 'failureReason', name }),
  )
  const errorReasons = createReasonCounts(reasonNumbers.errorReasons, (name) =>
    memory.tell({ kind: 'errorReason', name }),
  )
  const retryReasons = createReasonCounts(reasonNumbers.retryReasons, (name) =>
    memory.tell({ kind: 'retryReason', name }),
  )
  let endedAt = Infinity

  const total = (name: keyof typeof totalAt): number => totals[totalAt[name]] as number

  return {
    recordError(reason) {
      count(totals, totalAt.errors)
      errorReasons.add(reason)
    },
    record({ step, due, planned = due, sent, asked = sent, ended, bytes, failure, reconnected: again = false }) {
      const state = steps.of(step)
      recordMs(state.response, ended - due)
      recordMs(state.service, ended - sent)
      recordMs(late, asked - planned)
      count(state.numbers, stepAt.bytes, bytes)
      if (again) count(totals, totalAt.reconnected)
      if (ended > endedAt) count(state.numbers, stepAt.afterEnd)
      if (failure === null) return
      count(state.numbers, stepAt.failures)
      failureReasons.add(failure)
    },
    recordPart({ step, due, sent, ended, failed }) {
      const state = parts.of(step)
      recordMs(state.response, ended - due)
      recordMs(state.service, ended - sent)
      if (failed) count(state.numbers, stepAt.failures)
    },
    recordRetry: (reason) => retryReasons.add(reason),
    recordIteration: () => count(totals, totalAt.iterations),
    recordUsers(users) {
      totals[totalAt.users] = users
    },
    recordSkipped: () => count(totals, totalAt.skipped),
    recordDroppedText: () => count(totals, totalAt.droppedTexts),
    endAt(at) {
      endedAt = at
    },
    take(users) {
      const interval = {
        users,
        skipped: total('skipped'),
        steps: steps.take(),
        parts: parts.take(),
        failureReasons: failureReasons.take(),
        errors: total('errors'),
        errorReasons: errorReasons.take(),
        retryReasons: retryReasons.take(),
        reconnected: total('reconnected'),
        droppedTexts: total('droppedTexts'),
        late: countsOf(late),
      }
      late.reset()
      totals.fill(0)
      return interval
    },
  }
}

/** The steps that were used, each by its name. */
interface StepStates {
  of(name: string): StepState
  /** Their metrics, which begin anew. */
  take(): StepMetrics[]
}

function createStepStates(memory: CountsMemory, kind: 'step' | 'part'): StepStates {
  const states = new Map<string, StepState>()
  const keepName = keepStepNames()
  return {
    of(given) {
      const known = states.get(given)
      if (known) return known
      const name = keepName(given)
      const state = states.get(name) ?? createStep(memory, kind, name)
      states.set(name, state)
      return state
    },
    take() {
      const used = [...states].filter(([, { response }]) => response.totalCount > 0)
      const taken = used.map(([name, state]) => metricsOf(name, state))
      for (const [, state] of used) empty(state)
      return taken
    },
  }
}

function createStep(memory: CountsMemory, kind: 'step' | 'part', name: string): StepState {
  const numbers = memory.numbers(Object.keys(stepAt).length)
  const response = memory.histogram()
  const service = memory.histogram()
  memory.tell({ kind, name, numbers, response: countsArrayOf(response), service: countsArrayOf(service) })
  return { numbers, response, service }
}

function metricsOf(name: string, { numbers, response, service }: StepState): StepMetrics {
  const [failures = 0, afterEnd = 0, bytes = 0] = numbers
  const after = afterEnd > 0 ? { afterEnd } : {}
  return { name, failures, ...after, bytes, response: countsOf(response), service: countsOf(service) }
}

function count(numbers: Float64Array, place: number, by = 1): void {
  numbers[place] = (numbers[place] as number) + by
}

function empty({ numbers, response, service }: StepState): void {
  numbers.fill(0)
  response.reset()
  service.reset()
}
