import { largest, smallest } from '../../base/stats/quantiles.ts'
import type { CheckpointRecord, CurveRecord, StreamRecord } from '../../record/record.ts'
import {
  chartOf,
  formatUnit,
  scaleFor,
  seriesOver,
  type Axis,
  type Chart,
  type ChartSeries,
  type Span,
  type Tone,
  type Unit,
} from './chart.ts'

type KeyOrder = NonNullable<CheckpointRecord['keys']>

const tones: Readonly<Record<KeyOrder, Tone>> = { ascending: 'blue', random: 'orange' }

/** Rows in the table. */
export const rowsAxis: Axis = { label: 'rows in the table', unit: 'rows', scale: 'linear' }

/** p50 over the rows with what was fitted to it, the tail, and what the server counted; none of a single size. */
export function curveCharts(checkpoints: readonly CheckpointRecord[], models: readonly CurveRecord[]): Chart[] {
  if (new Set(checkpoints.map(({ rows }) => rows)).size < 2) return []
  const own = models.filter(({ against }) => against === undefined)
  const counted = checkpoints.map(({ rows, keys = 'ascending', counters = [] }) => ({ rows, keys, counters }))
  return [medianChart(checkpoints, own), tailChart(checkpoints), ...counterCharts(counted)]
}

function ordersOf(checkpoints: readonly CheckpointRecord[]): KeyOrder[] {
  return [...new Set(checkpoints.map(({ keys = 'ascending' }) => keys))]
}

function measuredWith(order: KeyOrder, checkpoints: readonly CheckpointRecord[]): CheckpointRecord[] {
  return checkpoints.filter(({ keys = 'ascending' }) => keys === order)
}

function medianChart(checkpoints: readonly CheckpointRecord[], models: readonly CurveRecord[]): Chart {
  const orders = ordersOf(checkpoints)
  const fitted = models.filter(({ curve }) => curve !== undefined)
  const curves = fitted.flatMap(fittedSeries)
  return chartOf({
    title: 'p50 of an insert',
    summary: `${orders.map((order) => endsOf(order, measuredWith(order, checkpoints))).join(' ')}${fitted.length > 0 ? ' Shaded: 95% interval of the fitted curve.' : ''}`,
    x: rowsAxis,
    left: { label: 'p50', unit: 'us', scale: 'linear' },
    series: [...curves, ...orders.flatMap((order) => measuredSeries(order, measuredWith(order, checkpoints)))],
    bands: fitted.map((_, place) => [3 * place, 3 * place + 1] as const),
    spans: models.flatMap(kneeSpans),
  })
}

function endsOf(order: KeyOrder, measured: readonly CheckpointRecord[]): string {
  const at = (checkpoint: CheckpointRecord | undefined) =>
    `${formatUnit('us', checkpoint?.p50 ?? null)} at ${formatUnit('rows', checkpoint?.rows ?? null)} rows`
  return `With ${order} keys ${at(measured[0])}, ${at(measured.at(-1))}.`
}

/** Returns the curve to draw, at its level where it was judged flat: the curve that was fitted is a line, whose slope is what cannot be told. */
function drawnCurve({ shape, level, curve = [] }: CurveRecord): NonNullable<CurveRecord['curve']> {
  if (shape !== 'flat' || level === undefined) return curve
  return curve.map(({ rows }) => ({ rows, p50: level.value, low: level.low, high: level.high }))
}

/** The edges of the interval, then the curve itself. */
function fittedSeries(model: CurveRecord): ChartSeries[] {
  const { keys } = model
  const line = seriesOver(drawnCurve(model), ({ rows }) => rows)
  return [
    line('interval, low', 'band-edge', tones[keys], ({ low }) => low),
    line('interval, high', 'band-edge', tones[keys], ({ high }) => high),
    line(`${keys}, fitted`, 'dashed', tones[keys], ({ p50 }) => p50),
  ]
}

function measuredSeries(order: KeyOrder, measured: readonly CheckpointRecord[]): ChartSeries[] {
  const blocks = seriesOver(measured.flatMap(blockPoints), ({ x }) => x)
  const sizes = seriesOver(measured, ({ rows }) => rows)
  return [
    blocks(`${order}, blocks`, 'faint-dots', tones[order], ({ y }) => y),
    sizes(`${order}, p50`, 'dots', tones[order], ({ p50 }) => p50),
  ]
}

function kneeSpans({ knee, keys }: CurveRecord): Span[] {
  if (!knee) return []
  return [
    { name: `knee at ${formatUnit('rows', knee.value)}, ${keys} keys`, from: knee.low, to: knee.high, at: knee.value },
  ]
}

/** Each block grew the table, so that no two are at the same place. */
function blockPoints({ rows, inserts, blocks = [] }: CheckpointRecord): { readonly x: number; readonly y: number }[] {
  return blocks.map((y, index) => ({ x: rows + Math.round((index * inserts) / blocks.length), y }))
}

function tailChart(checkpoints: readonly CheckpointRecord[]): Chart {
  const series = ordersOf(checkpoints).flatMap((order) => {
    const line = seriesOver(measuredWith(order, checkpoints), ({ rows }) => rows)
    return [
      line(`${order}, p95`, 'line', tones[order], ({ p95 }) => p95),
      line(`${order}, p99`, 'dotted', tones[order], ({ p99 }) => p99),
    ]
  })
  const slowest = checkpoints.reduce((most, { p99 }) => Math.max(most, p99), 0)
  return chartOf({
    title: 'The tail',
    summary: `p95 and p99 of an insert at each table size; the highest p99 is ${formatUnit('us', slowest)}.`,
    x: rowsAxis,
    left: { label: 'latency', unit: 'us', scale: scaleFor(series.flatMap(({ ys }) => ys)) },
    series,
  })
}

/** Rate and latency on the way to a table size, and what the server counted; none of a single bucket. */
export function streamCharts({ buckets, keys, exitInsertsPerSecond }: StreamRecord): Chart[] {
  if (buckets.length < 2) return []
  const line = seriesOver(buckets, ({ toRows }) => toRows)
  const latencies = [
    line('p99', 'dotted', 'red', ({ p99 }) => p99),
    line('p95', 'dashed', 'orange', ({ p95 }) => p95),
    line('p50', 'line', 'blue', ({ p50 }) => p50),
  ]
  const last = buckets.at(-1)
  return [
    chartOf({
      title: 'Inserts a second',
      summary: `From ${formatUnit('per second', buckets[0]?.insertsPerSecond ?? null)} a second in the first bucket to ${formatUnit('per second', exitInsertsPerSecond)} over the last tenth.`,
      x: rowsAxis,
      left: { label: 'inserts a second', unit: 'per second', scale: 'linear' },
      series: [line('inserts a second', 'area', 'blue', ({ insertsPerSecond }) => insertsPerSecond)],
    }),
    chartOf({
      title: 'Latency of an insert',
      summary: `Percentiles in each bucket. In the last one p50 is ${formatUnit('us', last?.p50 ?? null)} and p99 ${formatUnit('us', last?.p99 ?? null)}.`,
      x: rowsAxis,
      left: { label: 'latency', unit: 'us', scale: scaleFor(latencies.flatMap(({ ys }) => ys)) },
      series: latencies,
    }),
    ...counterCharts(buckets.map(({ toRows, counters = [] }) => ({ rows: toRows, keys, counters }))),
  ]
}

/** When inserts stood still, and for how long; none without stalls. */
export function stallChart({ stalls }: StreamRecord): Chart[] {
  if (stalls.length < 2) return []
  const lengths = stalls.map(({ ms }) => ms)
  const line = seriesOver(stalls, ({ startSecond }) => startSecond)
  return [
    chartOf({
      title: 'Stalls over time',
      summary: `When inserts stood still. The longest stall lasted ${formatUnit('ms', largest(lengths))}.`,
      x: { label: 'seconds since the first insert', unit: 'seconds', scale: 'linear' },
      left: { label: 'length', unit: 'ms', scale: scaleFor(lengths) },
      series: [line('stalls', 'dots', 'red', ({ ms }) => ms)],
      size: 'small',
    }),
  ]
}

/** Counters at one table size, with keys of one order. */
interface Counted {
  readonly rows: number
  readonly keys: NonNullable<CheckpointRecord['keys']>
  readonly counters: NonNullable<CheckpointRecord['counters']>
}

/** A small chart for each thing that the server counted at more than one size. */
function counterCharts(counted: readonly Counted[]): Chart[] {
  const names = [...new Set(counted.flatMap(({ counters }) => counters.map(({ name }) => name)))]
  return names.map((name) => counterChart(name, counted))
}

function counterChart(name: string, counted: readonly Counted[]): Chart {
  const found = counted.flatMap(({ rows, keys, counters }) => {
    const counter = counters.find((candidate) => candidate.name === name)
    return counter ? [{ rows, keys, counter }] : []
  })
  const counter = found[0]?.counter
  const unit: Unit = counter?.unit === 'bytes' ? 'bytes' : 'number'
  const title = counter?.kind === 'level' ? name : `${name} / insert`
  const values = found.map((one) => one.counter.value)
  const series = [...new Set(found.map(({ keys }) => keys))].map((order) => {
    const own = found.filter(({ keys }) => keys === order)
    const mark = order === 'ascending' ? 'line' : 'dashed'
    return seriesOver(own, ({ rows }) => rows)(`${order} keys`, mark, tones[order], (one) => one.counter.value)
  })
  return chartOf({
    title,
    summary: rangeOf(formatUnit(unit, smallest(values)), formatUnit(unit, largest(values))),
    x: rowsAxis,
    left: { label: counter?.unit ?? '', unit, scale: 'linear' },
    series,
    size: 'small',
  })
}

function rangeOf(least: string, most: string): string {
  return least === most ? `${least} throughout.` : `From ${least} to ${most}.`
}
