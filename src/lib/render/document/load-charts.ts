import { formatCount, formatLatency, formatNumber } from '../../base/format.ts'
import type { LoadRecord } from '../../record/record.ts'
import { chartOf, scaleFor, seriesOver, type Chart, type Span } from './chart.ts'
import { startsOf } from './load-figures.ts'

const secondMs = 1000

/** Seconds of a run. */
export const timeAxis = { label: 'seconds since the start', unit: 'seconds', scale: 'linear' } as const

/** Throughput and response times over the run, with the users beside them. */
export function loadCharts(load: LoadRecord): Chart[] {
  const timeline = wholeSeconds(load.timeline)
  if (timeline.length < 2) return []
  const windows = thinTimeline(timeline)
  return [throughputChart({ ...load, timeline }, windows), latencyChart({ ...load, timeline }, windows)]
}

/** The name of what a timeline counts as users. */
function usersName({ model }: LoadRecord): string {
  if (model?.kind === 'open') return `${startsOf(model)} in flight`
  return model?.kind === 'saturation' ? 'connections' : 'users'
}

function throughputChart(load: LoadRecord, windows: readonly TimelineWindow[]): Chart {
  const line = seriesOver(windows, ({ second }) => second)
  const users = usersName(load)
  const busiest = load.timeline.reduce((most, { rps }) => Math.max(most, rps), 0)
  const worst = load.timeline.reduce((most, { failures }) => Math.max(most, failures), 0)
  return chartOf({
    title: `Throughput, failures and ${users}`,
    summary: `Requests, failures a second and ${users}. ${formatNumber(busiest)} requests in the busiest second, ${formatNumber(load.rps)} on average; ${worst > 0 ? `${formatCount(worst)} failures in the worst second` : 'no failures'}; ${formatCount(load.users)} ${users} at most.${windowNote(windows)}`,
    x: timeAxis,
    left: { label: 'a second', unit: 'per second', scale: 'linear' },
    right: { label: users, unit: 'count', scale: 'linear' },
    series: [
      line('requests a second', 'area', 'blue', ({ rps }) => rps),
      line('failures a second', 'line', 'red', ({ failuresPerSecond }) => failuresPerSecond),
      ...(load.errors ? [line('errors a second', 'dashed', 'red', ({ errorsPerSecond }) => errorsPerSecond)] : []),
      ...(load.skipped
        ? [line('skipped a second', 'dotted', 'orange', ({ skippedPerSecond }) => skippedPerSecond)]
        : []),
      { ...line(users, 'steps', 'grey', (window) => window.users), axis: 'right' },
    ],
    spans: faultSpans(load),
  })
}

function latencyChart(load: LoadRecord, windows: readonly TimelineWindow[]): Chart {
  const line = seriesOver(windows, ({ second }) => second)
  const slowest = load.timeline.reduce((most, { p99 }) => Math.max(most, p99 ?? 0), 0)
  const series = [
    line('p99', 'dotted', 'red', ({ p99 }) => p99),
    line('p95', 'dashed', 'orange', ({ p95 }) => p95),
    line('p50', 'line', 'blue', ({ p50 }) => p50),
  ]
  return chartOf({
    title: 'Response time',
    summary: `Percentiles of the response time. Over the run p50 is ${formatLatency(load.responseTime.p50)} and p99 ${formatLatency(load.responseTime.p99)}; in the slowest second p99 is ${formatLatency(slowest)}.${windowNote(windows)}`,
    x: timeAxis,
    left: { label: 'response time', unit: 'ms', scale: scaleFor(series.flatMap(({ ys }) => ys)) },
    series,
    spans: faultSpans(load),
  })
}

/** The times of faults that were injected. */
export function faultSpans({ faults = [] }: Pick<LoadRecord, 'faults'>): Span[] {
  return faults.map(({ kind, atMs, lastedMs }) => {
    const at = atMs / secondMs
    return { name: kind, from: at, to: at + lastedMs / secondMs, at }
  })
}

function windowNote([first, second]: readonly TimelineWindow[]): string {
  const seconds = (second?.second ?? 1) - (first?.second ?? 0)
  return seconds > 1 ? ` Each point is ${seconds} s: rates are averages, percentiles those of the worst second.` : ''
}

/** Response and service times at every percentile; null for a report that has none. */
export function spectrumChart({ spectrum }: LoadRecord): Chart | null {
  if (!spectrum || spectrum.percentiles.length < 3) return null
  const { percentiles, responseTime, serviceTime } = spectrum
  const whole = percentiles.filter((percentile) => percentile < 100)
  const xs = whole.map((percentile) => 100 / (100 - percentile))
  const line = seriesOver([...xs.keys()], (place) => xs[place] as number)
  const series = [
    line('response time', 'line', 'blue', (place) => responseTime[place] ?? null),
    line('service time', 'dashed', 'green', (place) => serviceTime[place] ?? null),
  ]
  return chartOf({
    title: 'Percentiles of all requests',
    summary: `Times from the fastest request to the slowest. The longest response time is ${formatLatency(responseTime.at(-1) ?? null)}, the longest service time ${formatLatency(serviceTime.at(-1) ?? null)}.`,
    x: { label: 'share of requests that were as fast', unit: 'one in', scale: 'log' },
    left: { label: 'time', unit: 'ms', scale: scaleFor(series.flatMap(({ ys }) => ys)) },
    series,
  })
}

type TimelineRow = LoadRecord['timeline'][number]

/** Some seconds of a run, one after the other. */
export interface TimelineWindow {
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
  /** Percentiles of the worst second among them, ms. */
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

/** A chart on a screen has no room for more, and a page for a run of hours is not to grow with it. */
const mostWindows = 400

/** Without what came after the last whole second: of a few answers in a few milliseconds, rates say nothing. */
export function wholeSeconds(timeline: readonly TimelineRow[]): TimelineRow[] {
  return timeline.filter(({ durationMs = secondMs }) => durationMs >= secondMs)
}

/** A timeline in at most 400 windows of as many seconds each. */
export function thinTimeline(timeline: readonly TimelineRow[]): TimelineWindow[] {
  const seconds = Math.max(1, Math.ceil(timeline.length / mostWindows))
  return Array.from({ length: Math.ceil(timeline.length / seconds) }, (_, window) =>
    joinSeconds(timeline.slice(window * seconds, (window + 1) * seconds)),
  )
}

function joinSeconds(rows: readonly TimelineRow[]): TimelineWindow {
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
    p50: worstOf(rows.map(({ p50 }) => p50)),
    p95: worstOf(rows.map(({ p95 }) => p95)),
    p99: worstOf(rows.map(({ p99 }) => p99)),
  }
}

function worstOf(values: readonly (number | null)[]): number | null {
  return values.reduce((most, value) => (most === null || (value !== null && value > most) ? value : most), null)
}
