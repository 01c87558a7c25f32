import type { GeneratorHooks, LoadGenerator } from './generator.ts'
import type { GeneratorHealth } from './generator-monitor.ts'
import type { CountingLedger, OutcomeCounts } from './ledger.ts'
import type { LoadModel } from './model.ts'
import type { Part } from './pacing.ts'
import { summarizeRun, type RunResult } from './result.ts'
import type { Ledger } from './scenario.ts'
import { createTimeline, type TimelineRow } from './timeline.ts'

/** A load, and who makes it. */
export interface ModelRun {
  readonly model: LoadModel
  /** Threads that each have an equal part of the users or arrivals. */
  readonly threads: number
  readonly createGenerator: (part: Part, hooks: GeneratorHooks) => LoadGenerator
  /** Called once every thread is prepared. */
  readonly openLedger: () => Promise<CountingLedger>
  /** Ends it early. */
  readonly signal: AbortSignal
  readonly onSecond: (row: TimelineRow) => void
}

/** What came of it, and how each thread fared. */
export interface ModelRunResult {
  readonly model: LoadModel
  readonly result: RunResult
  readonly threads: readonly GeneratorHealth[]
}

/**
 * Runs a load in all its threads, which begin together once each is prepared, and adds up what they did. When one
 * fails, all are ended. Throws `scenario-not-prepared`, `thread-ended` or `ledger-unwritable`.
 */
export async function runModel(run: ModelRun): Promise<ModelRunResult> {
  const { model, threads, signal } = run
  // Nobody books before it is open.
  let ledger: CountingLedger | null = null
  const record: Ledger['record'] = async (entry) => ledger?.record(entry)
  const timeline = createTimeline(threads, run.onSecond)
  const generators = Array.from({ length: threads }, (_, index) =>
    run.createGenerator(
      { index, of: threads },
      { ledger: { record }, signal, onSecond: (second) => timeline.add(index, second) },
    ),
  )
  try {
    await Promise.all(generators.map((generator) => generator.prepare()))
    ledger = await run.openLedger()
    const before = ledger.counts()
    const results = await Promise.all(generators.map((generator) => generator.run()))
    const tallies = results.map(({ tally }) => tally)
    const whole = { model, timeline, outcomes: outcomesSince(before, ledger.counts()), interrupted: signal.aborted }
    return { model, result: summarizeRun(tallies, whole), threads: results.map(({ health }) => health) }
  } finally {
    await Promise.all(generators.map((generator) => generator.close()))
  }
}

/** What the ledger was told of this run, which may not be its first. */
function outcomesSince(before: OutcomeCounts, { booked, conflict, failed, unknown }: OutcomeCounts): OutcomeCounts {
  return {
    booked: booked - before.booked,
    conflict: conflict - before.conflict,
    failed: failed - before.failed,
    unknown: unknown - before.unknown,
  }
}
