import { connectDatabase } from '../adapters/databases/registry.ts'
import { failure } from '../base/errors/errors.ts'
import type { Progress } from '../base/progress.ts'
import type { HistogramCounts } from '../base/measure/histogram.ts'
import type { Trial } from '../load/limits/find-limit.ts'
import type { TimelineRow } from '../load/metrics/timeline.ts'
import type { Database } from '../ports/database.ts'
import type { OnWait } from '../ports/database-facts.ts'
import type { Paint } from '../render/terminal/terminal.ts'

/** Shows the seconds of a load run as they pass. */
export interface SecondsDisplay {
  /** Takes a second, and its response times. */
  update(row: TimelineRow, responseTimes: readonly HistogramCounts[]): void
  /** Says what happens besides. */
  note(text: string): void
  /** Ends the display; `next` says what comes now, if anything does. */
  stop(next: string | null): void
}

/** Shows on stderr how far work has come; nothing where only the result may be printed. */
export interface ProgressDisplays {
  /** Runs a long step and shows its progress; `unit` is what it counts, in the plural. */
  track<T>(title: string, unit: string, step: (onProgress: (progress: Progress) => void) => Promise<T>): Promise<T>
  seconds(durationMs: number): SecondsDisplay
  /** Takes how many users are prepared; null ends it. */
  preparing(): (progress: Progress | null) => void
  trial(): (trial: Trial) => void
}

/** Context of a use case, given by the command that runs it. It knows no oclif and no terminal, so that tests can create one. */
export interface RunContext {
  /** Version of rushbench. */
  readonly version: string
  /** The script that starts rushbench: for processes of its own. */
  readonly entryPoint: string
  /** Aborts when the run is to stop. */
  readonly signal: AbortSignal
  readonly paint: Paint
  readonly progress: ProgressDisplays
  /** Prints results, on stdout. */
  log(text: string): void
  /** Prints what a user should know besides, on stderr. */
  note(text: string): void
  /** Warns that a result may mislead, on stderr. */
  warn(text: string): void
  readonly onWait: OnWait
}

/** Opens a database, unless the run is stopped first: then throws `interrupted`. */
export function openDatabase(
  { signal, onWait }: Pick<RunContext, 'signal' | 'onWait'>,
  url: string,
  poolSize: number,
  { makesNothing = false } = {},
): Promise<Database> {
  return connectDatabase(url, { poolSize, onWait, signal, makesNothing })
}

/** Runs a step. When it fails because the run was stopped, throws `interrupted`, which says what was `done`. */
export async function untilStopped<T>(
  { signal }: Pick<RunContext, 'signal'>,
  done: string,
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (!signal.aborted) throw error
    throw failure('interrupted', { done }, error)
  }
}
