import { stripVTControlCharacters } from 'node:util'

const msPerSecond = 1000
const msPerMinute = 60_000
const msPerHour = 3_600_000

/** `39,456` */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 })
}

/** A number with three digits that matter: `1,134`, `98.7`, `0.378`. */
export function formatNumber(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** A share of 1 as `0.25%`. */
export function formatShare(share: number): string {
  const percent = share * 100
  return `${percent === 0 || Math.abs(percent) >= 10 ? percent.toFixed(0) : percent.toFixed(2)}%`
}

/** A latency in ms as `850 us`, `12.3 ms`, `1.85 s`; `-` for none. */
export function formatLatency(ms: number | null): string {
  if (ms === null) return '-'
  if (ms < 1) return `${formatNumber(ms * 1000)} us`
  return ms < msPerSecond ? `${formatNumber(ms)} ms` : `${formatNumber(ms / msPerSecond)} s`
}

/** A length of time in ms as `45 s`, `1 min 05 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  if (ms < 10 * msPerSecond) return `${(ms / msPerSecond).toFixed(1)} s`
  const seconds = Math.round(ms / msPerSecond)
  if (ms < msPerMinute) return `${seconds} s`
  if (ms < msPerHour) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
  const minutes = Math.round(ms / msPerMinute)
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** `512 B`, `1.70 kB`, `110 kB` (1 kB = 1,000 bytes). */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${formatCount(bytes)} B`
  return bytes < 1e6 ? `${formatNumber(bytes / 1000)} kB` : `${formatNumber(bytes / 1e6)} MB`
}

/** Text from outside on one line, without what could steer a terminal. */
export function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, ' ')
}

/** Rows in columns under their heads; the columns named in `right` (from 0) are aligned right. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const cells = [head, ...rows].map((row) => row.map(plain))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)))
  const lines = cells.map((row) =>
    widths
      .map((width, column) => (right.includes(column) ? (row[column] ?? '').padStart(width) : (row[column] ?? '').padEnd(width)))
      .join('  ')
      .trimEnd(),
  )
  return lines.join('\n')
}
