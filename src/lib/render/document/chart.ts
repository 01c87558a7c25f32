import { formatBytes, formatCount, formatLatency, formatNumber } from '../../base/format.ts'

/** Units of numbers in charts and tables. */
export type Unit = 'ms' | 'us' | 'seconds' | 'rows' | 'count' | 'per second' | 'number' | 'bytes' | 'one in'

/** How one series looks; told apart by more than its colour. */
export type Mark = 'line' | 'dashed' | 'dotted' | 'area' | 'steps' | 'dots' | 'faint-dots' | 'band-edge'

/** A colour by its place in the palette, which a light and a dark page each have their own of. */
export type Tone = 'blue' | 'orange' | 'red' | 'green' | 'grey'

/** Points that belong together. */
export interface ChartSeries {
  readonly name: string
  readonly mark: Mark
  readonly tone: Tone
  readonly axis: 'left' | 'right'
  /** Ascending. */
  readonly xs: readonly number[]
  /** Null where there is nothing. */
  readonly ys: readonly (number | null)[]
}

/** An axis. */
export interface Axis {
  readonly label: string
  readonly unit: Unit
  readonly scale: 'linear' | 'log'
}

/** A stretch of the x axis that has a name. */
export interface Span {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly at: number
}

/** A chart, without a word on how it is drawn; plain data, so that it can be handed to a page. */
export interface Chart {
  readonly title: string
  /** Its content in words, for a screen reader. */
  readonly summary: string
  readonly x: Axis
  readonly left: Axis
  readonly right: Axis | null
  readonly series: readonly ChartSeries[]
  /** Pairs of series, by their places, between which the area is filled. */
  readonly bands: readonly (readonly [low: number, high: number])[]
  readonly spans: readonly Span[]
  readonly size: 'large' | 'small'
}

/** From there on a straight scale would press the smaller values together at its foot. */
const logarithmicFrom = 20

/** A logarithmic scale where the largest value is more than twenty times the smallest that is not zero. */
export function scaleFor(values: readonly (number | null)[]): Axis['scale'] {
  const positive = values.filter((value) => value !== null && value > 0) as number[]
  if (positive.length === 0) return 'linear'
  const least = positive.reduce((a, b) => Math.min(a, b))
  const most = positive.reduce((a, b) => Math.max(a, b))
  return most > logarithmicFrom * least ? 'log' : 'linear'
}

/** Whether its values are worth reading one by one; a band's edge and a cloud of dots are only to be seen. */
export function isReadable({ mark }: ChartSeries): boolean {
  return mark !== 'band-edge' && mark !== 'faint-dots'
}

/** The series whose values are worth reading. */
export function readableSeries({ series }: Pick<Chart, 'series'>): ChartSeries[] {
  return series.filter(isReadable)
}

/** The values of a chart row by row: x, then each readable series. */
export function chartRows(chart: Chart): { readonly x: number; readonly ys: readonly (number | null)[] }[] {
  const columns = readableSeries(chart).map(({ xs, ys }) => new Map(xs.map((x, index) => [x, ys[index] ?? null])))
  const xs = [...new Set(columns.flatMap((column) => [...column.keys()]))].sort((a, b) => a - b)
  return xs.map((x) => ({ x, ys: columns.map((column) => column.get(x) ?? null) }))
}

/** A chart; what is not given is empty, and it is large. */
export function chartOf({
  title,
  summary,
  x,
  left,
  right = null,
  series,
  bands = [],
  spans = [],
  size = 'large',
}: Partial<Chart> & Pick<Chart, 'title' | 'summary' | 'x' | 'left' | 'series'>): Chart {
  return { title, summary, x, left, right, series, bands, spans, size }
}

/** Makes series on the left axis of the same items. */
export function seriesOver<T>(items: readonly T[], xOf: (item: T) => number) {
  const xs = items.map(xOf)
  return (name: string, mark: Mark, tone: Tone, yOf: (item: T) => number | null): ChartSeries => {
    return { name, mark, tone, axis: 'left', xs, ys: items.map(yOf) }
  }
}

const format: Readonly<Record<Unit, (value: number) => string>> = {
  ms: formatLatency,
  us: (value) => formatLatency(value / 1000),
  seconds: (value) => `${Number(value.toPrecision(4))} s`,
  rows: shortCount,
  count: formatCount,
  'per second': (value) => formatNumber(value),
  number: formatNumber,
  bytes: formatBytes,
  'one in': formatPercentile,
}

/** A value with its unit; `-` for none. */
export function formatUnit(unit: Unit, value: number | null): string {
  return value === null ? '-' : format[unit](value)
}

/** `200k`, `1.5m`: as sizes are given to `--at`. */
function shortCount(rows: number): string {
  const [value, unit] = rows >= 1e6 ? [rows / 1e6, 'm'] : rows >= 1e3 ? [rows / 1e3, 'k'] : [rows, '']
  return `${Number(value.toPrecision(3))}${unit}`
}

/** The percentile that one in so many lies above: 1,000 is `99.9%`. */
function formatPercentile(oneIn: number): string {
  const percent = 100 - 100 / oneIn
  const digits = Math.max(0, Math.ceil(Math.log10(oneIn) - 2 - 1e-9))
  return `${percent.toFixed(Math.min(6, digits))}%`
}
