import { addCounts, createHistogram, type LatencyHistogram } from '../measure/histogram.ts'
import { keepReasons, keepStepNames } from './kept-names.ts'
import type { Tally } from './recorder.ts'

/** A step in all stretches of a run and in all its generators. */
export interface StepSum {
  failures: number
  /** Of all bodies. */
  bytes: number
  readonly response: LatencyHistogram
  readonly service: LatencyHistogram
}

/** Tallies added up: in memory that grows with the steps, not with the time or the generators. */
export interface TallySum {
  add(tally: Tally): void
  /** By their name, in the order in which they were first seen. */
  readonly steps: ReadonlyMap<string, StepSum>
  readonly failureReasons: ReadonlyMap<string, number>
  readonly late: LatencyHistogram
  readonly skipped: number
}

/** An empty sum. */
export function createTallySum(): TallySum {
  const steps = new Map<string, StepSum>()
  const stepNames = keepStepNames()
  const failureReasons = new Map<string, number>()
  const reasonNames = keepReasons()
  const late = createHistogram()
  let skipped = 0
  return {
    steps,
    failureReasons,
    late,
    get skipped() {
      return skipped
    },
    add(tally) {
      for (const { name: given, failures, bytes, response, service } of tally.steps) {
        const name = stepNames(given)
        const sum = steps.get(name) ?? {
          failures: 0,
          bytes: 0,
          response: createHistogram(),
          service: createHistogram(),
        }
        steps.set(name, sum)
        sum.failures += failures
        sum.bytes += bytes
        addCounts(sum.response, response)
        addCounts(sum.service, service)
      }
      for (const [given, times] of Object.entries(tally.failureReasons)) {
        const reason = reasonNames(given)
        failureReasons.set(reason, (failureReasons.get(reason) ?? 0) + times)
      }
      addCounts(late, tally.late)
      skipped += tally.skipped
    },
  }
}
