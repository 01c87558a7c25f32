import type { SecondsDisplay } from '../app/run-context.ts'
import { countOf, formatCount, formatLatency, formatNumber } from '../base/format.ts'
import { mergeCounts, percentileMs, type HistogramCounts } from '../base/measure/histogram.ts'
import type { Trial } from '../load/limits/find-limit.ts'

/** Without a terminal, so many seconds are in a line. */
const secondsPerLine = 5

/**
 * One line that is redrawn on a terminal each second; elsewhere a line every five seconds, with the rate and the
 * percentile of all five. Nothing when `quiet`. To stderr.
 */
export function showSeconds(durationMs: number, quiet: boolean): SecondsDisplay {
  if (quiet) return { update() {}, note() {}, stop() {} }
  const terminal = process.stderr.isTTY
  const writeLine = (text: string): void => void process.stderr.write(terminal ? `\r\u001b[K${text}\n` : `${text}\n`)
  let requests = 0
  let failures = 0
  let skipped = 0
  let errors = 0
  const every = terminal ? 1 : secondsPerLine
  /** Since the last line. */
  let responseTimes: HistogramCounts[] = []
  let recent = 0
  return {
    update(row, added) {
      // The first second of a run, which may not be the first run.
      if (row.second === 0) {
        requests = failures = errors = skipped = recent = 0
        responseTimes = []
      }
      responseTimes.push(...added)
      recent += row.requests
      requests += row.requests
      failures += row.failures
      skipped += row.skipped
      errors += row.errors
      const elapsed = row.second + 1
      if (elapsed % every > 0) return
      const p99 = percentileMs(mergeCounts(responseTimes), 99)
      const line =
        `${elapsed}${elapsed * 1000 <= durationMs ? ` of ${Math.round(durationMs / 1000)}` : ''} s: ${countOf(row.users, 'user')}, ${formatNumber(recent / every)} req/s, ` +
        `p99 ${formatLatency(p99)}, ${countOf(requests, 'request')}, ${countOf(failures, 'failure')}` +
        (errors > 0 ? `, ${countOf(errors, 'iteration')} threw` : '') +
        (skipped > 0 ? `, ${formatCount(skipped)} skipped` : '')
      responseTimes = []
      recent = 0
      process.stderr.write(terminal ? `\r\u001b[K${line}` : `${line}\n`)
    },
    note: writeLine,
    stop(next) {
      if (next !== null) writeLine(next)
      else if (terminal) process.stderr.write('\r\u001b[K')
    },
  }
}

/** Shows what came of each trial of a search, on a line of its own; nothing when `quiet`. To stderr. */
export function showTrial(quiet: boolean): (trial: Trial) => void {
  const begin = process.stderr.isTTY ? '\r\u001b[K' : ''
  return ({ level, outcome, run: { model, result, decided } }) => {
    if (quiet) return
    const what = { open: 'rate', closed: 'users', saturation: 'connections' }[model.kind]
    const load = `${what} ${formatCount(level)}`
    const figures = `p99 ${formatLatency(result.responseTime.p99)}, ${countOf(result.failures, 'failure')}${result.errors > 0 ? `, ${countOf(result.errors, 'iteration')} threw` : ''}`
    process.stderr.write(`${begin}${load}: ${outcome}${decided ? ' early' : ''} (${figures})\n`)
  }
}
