import { stripVTControlCharacters } from 'node:util'
import { largest } from './stats/quantiles.ts'

const msPerSecond = 1000
const secondsPerMinute = 60
const secondsPerHour = 3600

/** From there on a number is longer than a person reads, and less exact than its digits look. */
const unreadablyLarge = 1e15

/** `39,456`, and `3.9e+20` for what is too long to read. */
export function formatCount(value: number): string {
  if (isUnreadable(value)) return shortened(value)
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 })
}

function isUnreadable(value: number): boolean {
  return Math.abs(value) >= unreadablyLarge
}

function shortened(value: number): string {
  return Number.isFinite(value) ? value.toExponential(1) : String(value)
}

/** `1 user`, `39,456 users`; `several` where it takes more than an s. */
export function countOf(count: number, one: string, several = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : several}`
}

/** `the first 3` as `The first 3` */
export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A number with three digits that matter: `1,134`, `98.7`, `0.378`, `0`. */
export function formatNumber(value: number): string {
  if (isUnreadable(value)) return shortened(value)
  const size = Math.abs(toThreeDigits(value))
  const digits = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** Rounding may carry a number over a unit's end (999.96 ms is 1.00 s), so it comes before the unit is chosen. */
function toThreeDigits(value: number): number {
  return Number(value.toPrecision(3))
}

/** A share of 1 as `0.25%`; what is not nothing never looks like nothing. */
export function formatShare(share: number): string {
  const percent = share * 100
  if (isUnreadable(percent)) return `${shortened(percent)}%`
  if (percent > 0 && percent < 0.01) return '<0.01%'
  return `${percent === 0 || Math.abs(percent) >= 10 ? percent.toFixed(0) : percent.toFixed(2)}%`
}

/** A latency in ms as `850 us`, `12.3 ms`, `1.85 s`; `-` for none. */
export function formatLatency(ms: number | null): string {
  if (ms === null) return '-'
  const rounded = toThreeDigits(ms)
  if (rounded < 1) return `${formatNumber(ms * 1000)} us`
  return rounded < msPerSecond ? `${formatNumber(ms)} ms` : `${formatNumber(ms / msPerSecond)} s`
}

/** A length of time in ms as `45 s`, `1 min 05 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  if (isUnreadable(ms)) return `${shortened(ms / msPerSecond)} s`
  const tenths = (ms / msPerSecond).toFixed(1)
  if (Number(tenths) < 10) return `${tenths} s`
  const seconds = Math.round(ms / msPerSecond)
  if (seconds < secondsPerMinute) return `${seconds} s`
  if (seconds < secondsPerHour) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
  const minutes = Math.round(seconds / secondsPerMinute)
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** `512 B`, `1.70 kB`, `110 kB`, `20.3 MB`, `1.50 GB` (1 kB = 1,000 bytes). */
export function formatBytes(bytes: number): string {
  if (Math.round(bytes) < 1000) return `${formatCount(bytes)} B`
  const rounded = toThreeDigits(bytes)
  if (rounded < 1e6) return `${formatNumber(bytes / 1e3)} kB`
  return rounded < 1e9 ? `${formatNumber(bytes / 1e6)} MB` : `${formatNumber(bytes / 1e9)} GB`
}

// oxlint-disable-next-line no-control-regex -- control characters are what is taken out
const steering = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Text from outside on one line, without what could steer a terminal. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(steering, ' ')
}

/** Rows in columns under their heads; the columns named in `right` (from 0) are aligned right. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const cells = [head, ...rows].map((row) => row.map(plain))
  const widths = head.map((_, column) => largest(cells.map((row) => (row[column] ?? '').length)))
  const lines = cells.map((row) =>
    widths
      .map((width, column) =>
        right.includes(column) ? (row[column] ?? '').padStart(width) : (row[column] ?? '').padEnd(width),
      )
      .join('  ')
      .trimEnd(),
  )
  return lines.join('\n')
}
