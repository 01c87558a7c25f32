import type { CheckpointRecord, CurveRecord } from '../../record/record.ts'
import { scaleFor, type Chart, type ChartSeries, type Mark, type Span, type Tone } from './chart.ts'
import { counterCharts, rowsAxis } from './counter-charts.ts'
import { formatUnit } from './units.ts'

type KeyOrder = NonNullable<CheckpointRecord['keys']>

const tones: Readonly<Record<KeyOrder, Tone>> = { append: 'blue', random: 'orange' }

/** p50 over the rows with what was fitted to it, the tail, and what the server counted; none of a single size. */
export function curveCharts(checkpoints: readonly CheckpointRecord[], models: readonly CurveRecord[]): Chart[] {
  if (new Set(checkpoints.map(({ rows }) => rows)).size < 2) return []
  const own = models.filter(({ against }) => against === undefined)
  const counted = checkpoints.map(({ rows, keys = 'append', counters = [] }) => ({ rows, keys, counters }))
  return [medianChart(checkpoints, own), tailChart(checkpoints), ...counterCharts(counted)]
}

function ordersOf(checkpoints: readonly CheckpointRecord[]): KeyOrder[] {
  return [...new Set(checkpoints.map(({ keys = 'append' }) => keys))]
}

function measuredWith(order: KeyOrder, checkpoints: readonly CheckpointRecord[]): CheckpointRecord[] {
  return checkpoints.filter(({ keys = 'append' }) => keys === order)
}

function medianChart(checkpoints: readonly CheckpointRecord[], models: readonly CurveRecord[]): Chart {
  const orders = ordersOf(checkpoints)
  const fitted = models.filter(({ curve }) => curve !== undefined)
  const curves = fitted.flatMap(fittedSeries)
  return {
    title: 'p50 of an insert',
    summary: `${orders.map((order) => endsOf(order, measuredWith(order, checkpoints))).join(' ')}${fitted.length > 0 ? ' Shaded: 95% interval of the fitted curve.' : ''}`,
    x: rowsAxis,
    left: { label: 'p50', unit: 'us', scale: 'linear' },
    right: null,
    series: [...curves, ...orders.flatMap((order) => measuredSeries(order, measuredWith(order, checkpoints)))],
    bands: fitted.map((_, place) => [3 * place, 3 * place + 1] as const),
    spans: models.flatMap(kneeSpans),
    size: 'large',
  }
}

function endsOf(order: KeyOrder, measured: readonly CheckpointRecord[]): string {
  const at = (checkpoint: CheckpointRecord | undefined) =>
    `${formatUnit('us', checkpoint?.p50 ?? null)} at ${formatUnit('rows', checkpoint?.rows ?? null)} rows`
  return `With ${order} keys ${at(measured[0])}, ${at(measured.at(-1))}.`
}

/** What was judged flat is drawn at its level: the curve that was fitted is a line, whose slope is what cannot be told. */
function drawnCurve({ shape, level, curve = [] }: CurveRecord): NonNullable<CurveRecord['curve']> {
  if (shape !== 'flat' || level === undefined) return curve
  return curve.map(({ rows }) => ({ rows, p50: level.value, low: level.low, high: level.high }))
}

/** The edges of the interval, then the curve itself. */
function fittedSeries(model: CurveRecord): ChartSeries[] {
  const { keys } = model
  const curve = drawnCurve(model)
  const xs = curve.map(({ rows }) => rows)
  return [
    series(
      'interval, low',
      'band-edge',
      tones[keys],
      xs,
      curve.map(({ low }) => low),
    ),
    series(
      'interval, high',
      'band-edge',
      tones[keys],
      xs,
      curve.map(({ high }) => high),
    ),
    series(
      `${keys}, fitted`,
      'dashed',
      tones[keys],
      xs,
      curve.map(({ p50 }) => p50),
    ),
  ]
}

function measuredSeries(order: KeyOrder, measured: readonly CheckpointRecord[]): ChartSeries[] {
  const blocks = measured.flatMap(blockPoints)
  const xs = measured.map(({ rows }) => rows)
  return [
    series(
      `${order}, blocks`,
      'faint-dots',
      tones[order],
      blocks.map(({ x }) => x),
      blocks.map(({ y }) => y),
    ),
    series(
      `${order}, p50`,
      'dots',
      tones[order],
      xs,
      measured.map(({ p50 }) => p50),
    ),
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
  const lines = ordersOf(checkpoints).flatMap((order) => {
    const own = measuredWith(order, checkpoints)
    const xs = own.map(({ rows }) => rows)
    const line = (of: 'p95' | 'p99', mark: Mark) =>
      series(
        `${order}, ${of}`,
        mark,
        tones[order],
        xs,
        own.map((checkpoint) => checkpoint[of]),
      )
    return [line('p95', 'line'), line('p99', 'dotted')]
  })
  const slowest = checkpoints.reduce((most, { p99 }) => Math.max(most, p99), 0)
  return {
    title: 'The tail',
    summary: `p95 and p99 of an insert at each table size; the highest p99 is ${formatUnit('us', slowest)}.`,
    x: rowsAxis,
    left: { label: 'latency', unit: 'us', scale: scaleFor(lines.flatMap(({ ys }) => ys)) },
    right: null,
    series: lines,
    bands: [],
    spans: [],
    size: 'large',
  }
}

function series(name: string, mark: Mark, tone: Tone, xs: readonly number[], ys: readonly number[]): ChartSeries {
  return { name, mark, tone, axis: 'left', xs, ys }
}
