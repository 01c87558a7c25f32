import type { LoadRecord } from '../../record/record.ts'

type TimelineRow = LoadRecord['timeline'][number]

/** Some seconds of a run, one after the other. */
export interface TimelineSlice {
  /** The first of them, from 0. */
  readonly second: number
  /** At their end. */
  readonly users: number
  /** Requests a second. */
  readonly rps: number
  readonly failuresPerSecond: number
  /** Iterations that threw. */
  readonly errorsPerSecond: number
  /** Iterations that could not start. */
  readonly skippedPerSecond: number
  /** Of the worst second among them, ms. */
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

/** A chart on a screen has no room for more, and a page for a run of hours is not to grow with it. */
const mostSlices = 400
const secondMs = 1000

/** Without what came after the last whole second: of a few answers in a few milliseconds, rates say nothing. */
export function wholeSeconds(timeline: readonly TimelineRow[]): TimelineRow[] {
  return timeline.filter(({ durationMs = secondMs }) => durationMs >= secondMs)
}

/** A timeline in at most 400 slices of as many seconds each. */
export function thinTimeline(timeline: readonly TimelineRow[]): TimelineSlice[] {
  const seconds = Math.max(1, Math.ceil(timeline.length / mostSlices))
  return Array.from({ length: Math.ceil(timeline.length / seconds) }, (_, slice) =>
    joinSeconds(timeline.slice(slice * seconds, (slice + 1) * seconds)),
  )
}

function joinSeconds(rows: readonly TimelineRow[]): TimelineSlice {
  const sum = (value: (row: TimelineRow) => number) => rows.reduce((total, row) => total + value(row), 0)
  const seconds = sum(({ durationMs = secondMs }) => durationMs) / secondMs
  const perSecond = (count: number) => (seconds > 0 ? count / seconds : 0)
  return {
    second: rows[0]?.second ?? 0,
    users: rows.at(-1)?.users ?? 0,
    rps: perSecond(sum(({ requests }) => requests)),
    failuresPerSecond: perSecond(sum(({ failures }) => failures)),
    errorsPerSecond: perSecond(sum(({ errors = 0 }) => errors)),
    skippedPerSecond: perSecond(sum(({ skipped = 0 }) => skipped)),
    p50: worst(rows.map(({ p50 }) => p50)),
    p95: worst(rows.map(({ p95 }) => p95)),
    p99: worst(rows.map(({ p99 }) => p99)),
  }
}

function worst(values: readonly (number | null)[]): number | null {
  return values.reduce((most, value) => (most === null || (value !== null && value > most) ? value : most), null)
}
