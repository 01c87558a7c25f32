import {
  addCounts,
  createHistogram,
  type HistogramCounts,
  type LatencyHistogram,
} from '../../base/measure/histogram.ts'
import { keepStepNames, createReasonCounts } from './named-counts.ts'

/** The metrics of a step. */
export interface StepMetrics {
  readonly name: string
  readonly failures: number
  /** Requests that ended after the end of the run, in the grace: of all of these, and none unless given. */
  readonly afterEnd?: number
  /** Bytes of all bodies. */
  readonly bytes: number
  readonly response: HistogramCounts
  readonly service: HistogramCounts
}

/** The metrics of an interval; those of all intervals and of all generators add up to the whole. */
export interface IntervalMetrics {
  /** Virtual users at its end. */
  readonly users: number
  /** Iterations of the open model that were due and could not start. */
  readonly skipped: number
  /** Those that were used in it. */
  readonly steps: readonly StepMetrics[]
  /** Statements within transactions, each of which is a step as a whole, and waits for a connection. */
  readonly parts: readonly StepMetrics[]
  /** How often each reason was given. */
  readonly failureReasons: Readonly<Record<string, number>>
  /** Iterations whose scenario threw. */
  readonly errors: number
  /** How often each of them threw what. */
  readonly errorReasons: Readonly<Record<string, number>>
  /** How often transactions were made again, by what the engine said. */
  readonly retryReasons: Readonly<Record<string, number>>
  /** Requests that were sent again, because their connections had been closed. */
  readonly reconnected: number
  /** Texts over WebSockets that were dropped because too many waited to be received. */
  readonly droppedTexts: number
  /** How late requests were sent. */
  readonly late: HistogramCounts
}

/** A step in all stretches of a run and in all its generators. */
export interface StepSum {
  failures: number
  /** Requests that ended after the end of the run. */
  afterEnd: number
  /** Bytes of all bodies. */
  bytes: number
  readonly response: LatencyHistogram
  readonly service: LatencyHistogram
}

/** Interval metrics added up: in memory that grows with the steps, not with the time or the generators. */
export interface MetricsTotal extends Omit<IntervalMetrics, 'users' | 'steps' | 'parts' | 'late'> {
  add(interval: IntervalMetrics): void
  /** By their name, in the order in which they were first seen. */
  readonly steps: ReadonlyMap<string, StepSum>
  readonly parts: ReadonlyMap<string, StepSum>
  readonly late: LatencyHistogram
}

/** An empty sum. */
export function createMetricsTotal(): MetricsTotal {
  const steps = createStepSums()
  const parts = createStepSums()
  const failureReasons = createReasonCounts()
  const errorReasons = createReasonCounts()
  const retryReasons = createReasonCounts()
  const late = createHistogram()
  let skipped = 0
  let errors = 0
  let reconnected = 0
  let droppedTexts = 0
  return {
    steps: steps.sums,
    parts: parts.sums,
    late,
    get failureReasons() {
      return failureReasons.counts()
    },
    get errorReasons() {
      return errorReasons.counts()
    },
    get retryReasons() {
      return retryReasons.counts()
    },
    get errors() {
      return errors
    },
    get reconnected() {
      return reconnected
    },
    get droppedTexts() {
      return droppedTexts
    },
    get skipped() {
      return skipped
    },
    add(interval) {
      interval.steps.forEach(steps.add)
      interval.parts.forEach(parts.add)
      for (const [reason, times] of Object.entries(interval.failureReasons)) failureReasons.add(reason, times)
      for (const [reason, times] of Object.entries(interval.errorReasons)) errorReasons.add(reason, times)
      for (const [reason, times] of Object.entries(interval.retryReasons)) retryReasons.add(reason, times)
      addCounts(late, interval.late)
      skipped += interval.skipped
      errors += interval.errors
      reconnected += interval.reconnected
      droppedTexts += interval.droppedTexts
    },
  }
}

function createStepSums(): { readonly sums: ReadonlyMap<string, StepSum>; readonly add: (step: StepMetrics) => void } {
  const sums = new Map<string, StepSum>()
  const keepName = keepStepNames()
  return {
    sums,
    add({ name: given, failures, afterEnd = 0, bytes, response, service }) {
      const name = keepName(given)
      const sum = sums.get(name) ?? {
        failures: 0,
        afterEnd: 0,
        bytes: 0,
        response: createHistogram(),
        service: createHistogram(),
      }
      sums.set(name, sum)
      sum.failures += failures
      sum.afterEnd += afterEnd
      sum.bytes += bytes
      addCounts(sum.response, response)
      addCounts(sum.service, service)
    },
  }
}
