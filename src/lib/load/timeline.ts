import { mergeCounts, percentileMs } from '../measure/histogram.ts'
import type { SecondTally } from './recorder.ts'

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

/** The seconds of a run, put together from those of its threads. */
export interface Timeline {
  /** Takes the next second of a thread (from 0); once it has that of every thread, it makes a row of them. */
  add(thread: number, second: SecondTally): void
  /** All rows of a run that took so long; what makes up no whole second of all threads is in the last one. */
  finish(rests: readonly SecondTally[], elapsedSeconds: number): readonly TimelineRow[]
}

const secondMs = 1000

/** An empty timeline, which calls `onRow` with every whole second. */
export function createTimeline(threads: number, onRow: (row: TimelineRow) => void): Timeline {
  const rows: TimelineRow[] = []
  const waiting: SecondTally[][] = Array.from({ length: threads }, () => [])
  return {
    add(thread, second) {
      waiting[thread]?.push(second)
      if (waiting.some((seconds) => seconds.length === 0)) return
      const row = toRow(
        rows.length,
        secondMs,
        waiting.map((seconds) => seconds.shift() as SecondTally),
      )
      rows.push(row)
      onRow(row)
    },
    finish(rests, elapsedSeconds) {
      const durationMs = Math.max(0, elapsedSeconds * secondMs - rows.length * secondMs)
      const row = toRow(rows.length, durationMs, [...waiting.flat(), ...rests])
      return row.requests + row.skipped > 0 ? [...rows, { ...row, users: 0 }] : rows
    },
  }
}

function toRow(second: number, durationMs: number, tallies: readonly SecondTally[]): TimelineRow {
  const response = mergeCounts(tallies.map((tally) => tally.response))
  const sum = (count: (tally: SecondTally) => number): number => tallies.reduce((total, one) => total + count(one), 0)
  return {
    second,
    durationMs,
    users: sum(({ users }) => users),
    requests: response.totalCount,
    failures: sum(({ failures }) => failures),
    skipped: sum(({ skipped }) => skipped),
    rps: durationMs > 0 ? response.totalCount / (durationMs / secondMs) : 0,
    p50: percentileMs(response, 50),
    p95: percentileMs(response, 95),
    p99: percentileMs(response, 99),
  }
}
