import type { Clock } from '../base/measure/clock.ts'
import { summarizeLatencies, timeInserts, type Control } from './measure.ts'
import { paceInserts, type Pace } from './pace.ts'
import type { BenchSession } from './table.ts'
import { medianOf } from '../base/stats/quantiles.ts'

/** How the control is sent: as the inserts are. */
export interface ControlOptions {
  readonly concurrency: number
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly turn?: Pace['turn'] | undefined
}

const mostStatements = 50

/** Statements of the control beside a block of so many inserts: enough for a median, and a few milliseconds. */
export function controlsBeside(inserts: number): number {
  return Math.min(mostStatements, inserts)
}

/** Measures so many statements of the control, microseconds each: fewer once the signal aborts. */
export async function timeControl(
  session: BenchSession,
  statements: number,
  options: ControlOptions,
): Promise<number[]> {
  const { concurrency, signal } = options
  if (concurrency > 1) return paceControl(session, statements, options)
  return timeInserts(() => () => session.control(0), { inserts: statements, signal })
}

/** As `timeControl`, by the loop that many connections and streams are measured with. */
export async function paceControl(
  session: BenchSession,
  statements: number,
  options: ControlOptions,
): Promise<number[]> {
  const latencies: number[] = []
  const { turn, ...rest } = options
  await paceInserts({
    ...rest,
    ...(turn ? { turn } : {}),
    inserts: statements,
    dueAt: null,
    draw: (_index, connection) => () => session.control(connection),
    onInsert: ({ serviceMs }) => void latencies.push(serviceMs * 1000),
  })
  return latencies
}

/** Summarizes blocks of the control for a report; undefined without any. */
export function summarizeControl(statement: string, blocks: readonly (readonly number[])[]): Control | undefined {
  const measured = blocks.filter((block) => block.length > 0)
  if (measured.length === 0) return undefined
  return {
    statement,
    statements: measured.flat().length,
    ...summarizeLatencies(measured.flat()),
    blocks: measured.map(medianOf),
  }
}
