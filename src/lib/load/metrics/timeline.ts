import {
  distributionOfCounts,
  addDistributions,
  distributionOf,
  writeDistribution,
  type Distribution,
} from '../../base/measure/distribution.ts'
import { mergeCounts, percentileMs, type HistogramCounts } from '../../base/measure/histogram.ts'
import type { LoadRecord } from '../../record/record.ts'
import type { IntervalMetrics } from './interval-metrics.ts'

/** One second of the run, or what came after the last whole one. */
export type TimelineRow = Required<LoadRecord['timeline'][number]>

/** The seconds of a run, put together from those of its generators. */
export interface Timeline {
  /** Takes the next second of a generator (from 0); once it has that of every one, it makes a row of them. */
  add(generator: number, second: IntervalMetrics): void
  /** No more comes from a generator that was lost: the others' seconds are rows without it. */
  leaveOut(generator: number): void
  /** All of a run that took so long; what makes up no whole second of all generators is in the last row and window. */
  finish(rests: readonly IntervalMetrics[], elapsedSeconds: number): FinishedTimeline
}

/** The seconds of a run that has ended. */
export interface FinishedTimeline {
  readonly timeline: TimelineRow[]
  readonly slices: Windows
}

const secondMs = 1000

/** Told of every whole second, and of the response times in it. */
export type OnSecond = (row: TimelineRow, responseTimes: readonly HistogramCounts[]) => void

/** An empty timeline of so many generators, which calls `onRow` with every whole second. */
export function createTimeline(generators: number, onRow: OnSecond): Timeline {
  const rows: TimelineRow[] = []
  const windows = createWindowCollector()
  const waiting: IntervalMetrics[][] = Array.from({ length: generators }, () => [])
  const leftOut = new Set<number>()

  function addRows(): void {
    while (waiting.some((seconds) => seconds.length > 0)) {
      if (waiting.some((seconds, generator) => seconds.length === 0 && !leftOut.has(generator))) return
      const intervals = waiting.flatMap((seconds) => seconds.shift() ?? [])
      const row = toRow(rows.length, secondMs, intervals)
      const responseTimes = intervals.flatMap(responsesOf)
      windows.addSecond(distributionOfCounts(responseTimes))
      rows.push(row)
      onRow(row, responseTimes)
    }
  }

  return {
    add(generator, second) {
      waiting[generator]?.push(second)
      addRows()
    },
    leaveOut(generator) {
      leftOut.add(generator)
      addRows()
    },
    finish(rests, elapsedSeconds) {
      const durationMs = Math.max(0, elapsedSeconds * secondMs - rows.length * secondMs)
      const left = [...waiting.flat(), ...rests]
      const row = toRow(rows.length, durationMs, left)
      return {
        timeline: row.requests + row.skipped + row.errors > 0 ? [...rows, { ...row, users: 0 }] : rows,
        slices: windows.finish(distributionOfCounts(left.flatMap(responsesOf))),
      }
    },
  }
}

function responsesOf({ steps }: IntervalMetrics): HistogramCounts[] {
  return steps.map(({ response }) => response)
}

function toRow(second: number, durationMs: number, intervals: readonly IntervalMetrics[]): TimelineRow {
  const response = mergeCounts(intervals.flatMap(responsesOf))
  const sum = (count: (interval: IntervalMetrics) => number): number =>
    intervals.reduce((total, one) => total + count(one), 0)
  return {
    second,
    durationMs,
    users: sum(({ users }) => users),
    requests: response.totalCount,
    failures: sum(({ steps }) => steps.reduce((total, { failures }) => total + failures, 0)),
    errors: sum(({ errors }) => errors),
    skipped: sum(({ skipped }) => skipped),
    rps: durationMs > 0 ? response.totalCount / (durationMs / secondMs) : 0,
    p50: percentileMs(response, 50),
    p95: percentileMs(response, 95),
    p99: percentileMs(response, 99),
  }
}

/** The response times of a run, stretch by stretch: samples within one depend on each other, stretches hardly do. */
export type Windows = NonNullable<LoadRecord['slices']>

/** Collects response times into windows; its memory does not grow with the run. */
export interface WindowCollector {
  /** Takes the response times of the next second. */
  addSecond(responseTimes: Distribution): void
  /** `rest` came after the last whole second. */
  finish(rest: Distribution): Windows
}

/** Enough to tell what varies from chance, and few enough for a report. */
const maxWindows = 64

/** An empty collector. Windows last a second at first, and twice as long each time that there are 64 of them. */
export function createWindowCollector(): WindowCollector {
  let windows: Distribution[] = []
  let seconds = 1
  let window = distributionOf([])
  let secondsInWindow = 0

  function doubleLength(): void {
    const halves = windows
    windows = []
    for (let i = 0; i + 1 < halves.length; i += 2)
      windows.push(addDistributions(halves[i] as Distribution, halves[i + 1] as Distribution))
    seconds *= 2
  }

  return {
    addSecond(responseTimes) {
      window = addDistributions(window, responseTimes)
      secondsInWindow++
      if (secondsInWindow < seconds) return
      windows.push(window)
      window = distributionOf([])
      secondsInWindow = 0
      if (windows.length === maxWindows) doubleLength()
    },
    finish(rest) {
      const last = windows.pop() ?? distributionOf([])
      return { seconds, responseTimes: [...windows, addDistributions(last, window, rest)].map(writeDistribution) }
    },
  }
}
