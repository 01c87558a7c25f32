import { formatCount, formatLatency, formatNumber } from '../../base/format.ts'
import type { LoadRecord } from '../../record/record.ts'
import { startsOf } from '../terminal/single-request.ts'
import { scaleFor, type Chart, type ChartSeries, type Mark, type Span, type Tone } from './chart.ts'
import { thinTimeline, wholeSeconds, type TimelineSlice } from './timeline.ts'

const msPerSecond = 1000

const time = { label: 'seconds since the start', unit: 'seconds', scale: 'linear' } as const

/** Throughput and response times over the run, with the users beside them. */
export function loadCharts(load: LoadRecord): Chart[] {
  const timeline = wholeSeconds(load.timeline)
  if (timeline.length < 2) return []
  const slices = thinTimeline(timeline)
  return [throughputChart({ ...load, timeline }, slices), latencyChart({ ...load, timeline }, slices)]
}

/** The name of what a timeline counts as users. */
function usersName({ model }: LoadRecord): string {
  if (model?.kind === 'open') return `${startsOf(model)} in flight`
  return model?.kind === 'saturation' ? 'connections' : 'users'
}

function throughputChart(load: LoadRecord, slices: readonly TimelineSlice[]): Chart {
  const line = lineOver(slices)
  const users = usersName(load)
  const busiest = load.timeline.reduce((most, { rps }) => Math.max(most, rps), 0)
  const worst = load.timeline.reduce((most, { failures }) => Math.max(most, failures), 0)
  return {
    title: `Throughput, failures and ${users}`,
    summary: `Requests, failures a second and ${users}. ${formatNumber(busiest)} requests in the busiest second, ${formatNumber(load.rps)} on average; ${worst > 0 ? `${formatCount(worst)} failures in the worst second` : 'no failures'}; ${formatCount(load.users)} ${users} at most.${sliceNote(slices)}`,
    x: time,
    left: { label: 'a second', unit: 'per second', scale: 'linear' },
    right: { label: users, unit: 'count', scale: 'linear' },
    series: [
      line('requests a second', 'area', 'blue', ({ rps }) => rps),
      line('failures a second', 'line', 'red', ({ failuresPerSecond }) => failuresPerSecond),
      ...(load.errors ? [line('errors a second', 'dashed', 'red', ({ errorsPerSecond }) => errorsPerSecond)] : []),
      ...(load.skipped
        ? [line('skipped a second', 'dotted', 'orange', ({ skippedPerSecond }) => skippedPerSecond)]
        : []),
      { ...line(users, 'steps', 'grey', (slice) => slice.users), axis: 'right' },
    ],
    bands: [],
    spans: (load.faults ?? []).map(faultSpan),
    size: 'large',
  }
}

function latencyChart(load: LoadRecord, slices: readonly TimelineSlice[]): Chart {
  const line = lineOver(slices)
  const slowest = load.timeline.reduce((most, { p99 }) => Math.max(most, p99 ?? 0), 0)
  const series = [
    line('p99', 'dotted', 'red', ({ p99 }) => p99),
    line('p95', 'dashed', 'orange', ({ p95 }) => p95),
    line('p50', 'line', 'blue', ({ p50 }) => p50),
  ]
  return {
    title: 'Response time',
    summary: `Percentiles of the response time. Over the run p50 is ${formatLatency(load.responseTime.p50)} and p99 ${formatLatency(load.responseTime.p99)}; in the slowest second p99 is ${formatLatency(slowest)}.${sliceNote(slices)}`,
    x: time,
    left: { label: 'response time', unit: 'ms', scale: scaleFor(series.flatMap(({ ys }) => ys)) },
    right: null,
    series,
    bands: [],
    spans: (load.faults ?? []).map(faultSpan),
    size: 'large',
  }
}

function faultSpan({ kind, atMs, lastedMs }: NonNullable<LoadRecord['faults']>[number]): Span {
  const at = atMs / msPerSecond
  return { name: kind, from: at, to: at + lastedMs / msPerSecond, at }
}

function sliceNote([first, second]: readonly TimelineSlice[]): string {
  const seconds = (second?.second ?? 1) - (first?.second ?? 0)
  return seconds > 1 ? ` Each point is ${seconds} s: rates are averages, percentiles those of the worst second.` : ''
}

function lineOver(slices: readonly TimelineSlice[]) {
  const xs = slices.map(({ second }) => second)
  return (name: string, mark: Mark, tone: Tone, value: (slice: TimelineSlice) => number | null): ChartSeries => ({
    name,
    mark,
    tone,
    axis: 'left',
    xs,
    ys: slices.map(value),
  })
}

/** Response and service times at every percentile; null for a report that has none. */
export function spectrumChart({ spectrum }: LoadRecord): Chart | null {
  if (!spectrum || spectrum.percentiles.length < 3) return null
  const { percentiles, responseTime, serviceTime } = spectrum
  const whole = percentiles.filter((percentile) => percentile < 100)
  const xs = whole.map((percentile) => 100 / (100 - percentile))
  const series = [
    { name: 'response time', mark: 'line', tone: 'blue', axis: 'left', xs, ys: responseTime.slice(0, xs.length) },
    { name: 'service time', mark: 'dashed', tone: 'green', axis: 'left', xs, ys: serviceTime.slice(0, xs.length) },
  ] as const
  return {
    title: 'Percentiles of all requests',
    summary: `Times from the fastest request to the slowest. The longest response time is ${formatLatency(responseTime.at(-1) ?? null)}, the longest service time ${formatLatency(serviceTime.at(-1) ?? null)}.`,
    x: { label: 'share of requests that were as fast', unit: 'one in', scale: 'log' },
    left: { label: 'time', unit: 'ms', scale: scaleFor(series.flatMap(({ ys }) => ys)) },
    right: null,
    series,
    bands: [],
    spans: [],
    size: 'large',
  }
}
