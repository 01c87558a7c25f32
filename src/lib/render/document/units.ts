import { formatBytes, formatCount, formatLatency, formatNumber } from '../../base/format.ts'

/** What numbers of a chart or a table are. */
export type Unit = 'ms' | 'us' | 'seconds' | 'rows' | 'count' | 'per second' | 'number' | 'bytes' | 'one in'

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
