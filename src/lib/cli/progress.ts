import { SingleBar } from 'cli-progress'
import type { SecondsDisplay } from '../app/run-context.ts'
import { waitText } from '../adapters/databases/waits.ts'
import { countOf, formatBytes, formatCount, formatDuration, formatLatency, formatNumber } from '../base/format.ts'
import { mergeCounts, percentileMs, type HistogramCounts } from '../base/measure/histogram.ts'
import type { Trial } from '../load/limits/find-limit.ts'
import type { Wait } from '../ports/database-facts.ts'
import type { Progress } from '../base/progress.ts'

/** Shows how far a long step has come. */
export interface ProgressDisplay {
  update(progress: Progress): void
  /** Shows what the step waits for; null when it goes on. */
  wait(wait: Wait | null): void
  stop(): void
}

/** Time to the first line where there is no terminal to redraw, and from one line to the next, ms. */
const firstLineMs = 1000
const lineEveryMs = 5000

/**
 * Shows a bar with rate and time left on a terminal, a line now and then elsewhere, nothing when `quiet`.
 * Writes to stderr, so that stdout holds results alone.
 */
export function showProgress(title: string, unit: string, quiet: boolean): ProgressDisplay {
  if (quiet) return { update() {}, wait() {}, stop() {} }
  return process.stderr.isTTY ? barDisplay(title, unit) : lineDisplay(title, unit)
}

/** Rate from which on digits behind the point say nothing. */
const wholeFromPerSecond = 10

/**
 * Says how far a step has come after `elapsedMs`, how fast it goes and how long it will take: `3/20 runs, 31 s each,
 * 8 min 47 s left`. `unit` is in the plural; `bytes` are scaled.
 */
export function progressText(done: number, total: number, unit: string, elapsedMs: number): string {
  const amount = unit === 'bytes' ? `${formatBytes(done)} of ${formatBytes(total)}` : amountOf(done, total, unit)
  if (done === 0 || elapsedMs <= 0) return amount
  const left = done < total ? [`${formatDuration(((total - done) / done) * elapsedMs)} left`] : []
  return [amount, paceOf(done, unit, elapsedMs), ...left].join(', ')
}

function amountOf(done: number, total: number, unit: string): string {
  return `${formatCount(done)}/${formatCount(total)} ${total === 1 ? unit.replace(/s$/, '') : unit}`
}

/** Says the rate, or the time that each takes where that says more. */
function paceOf(done: number, unit: string, elapsedMs: number): string {
  const perSecond = (done / elapsedMs) * 1000
  if (unit === 'bytes') return `${formatBytes(perSecond)}/s`
  if (perSecond < 1) return `${formatDuration(elapsedMs / done)} each`
  return `${perSecond < wholeFromPerSecond ? formatNumber(perSecond) : formatCount(perSecond)} ${unit}/s`
}

/** Writes a line to stderr when a wait begins, and now and then while it lasts. */
export function showWaits(start: string): (wait: Wait | null) => void {
  let last = ''
  let nextAt = 0
  return (wait) => {
    const now = performance.now()
    if (wait === null || (wait.what === last && now < nextAt)) return
    last = wait.what
    nextAt = now + lineEveryMs
    const text = waitText(wait)
    process.stderr.write(`${start === '' ? text.replace(/^w/, 'W') : `${start}: ${text}`}\n`)
  }
}

function barDisplay(title: string, unit: string): ProgressDisplay {
  const bar = new SingleBar({
    format: `${title} {bar} {percentage}% | {text}`,
    hideCursor: true,
    stream: process.stderr,
    clearOnComplete: false,
  })
  const startedAt = performance.now()
  const writeWait = showWaits(title)
  let text: string | null = null
  return {
    update({ done, total }) {
      const isFirst = text === null
      text = progressText(done, total, unit, performance.now() - startedAt)
      if (isFirst) bar.start(total, done, { text })
      else bar.update(done, { text })
    },
    wait(wait) {
      if (text === null) writeWait(wait)
      else bar.update({ text: wait ? `${text}, ${waitText(wait)}` : text })
    },
    stop() {
      if (text !== null) bar.stop()
    },
  }
}

function lineDisplay(title: string, unit: string): ProgressDisplay {
  const startedAt = performance.now()
  let nextAt = startedAt + firstLineMs
  return {
    update({ done, total }) {
      const now = performance.now()
      if (now < nextAt) return
      nextAt = now + lineEveryMs
      process.stderr.write(`${title}: ${progressText(done, total, unit, now - startedAt)}\n`)
    },
    wait: showWaits(title),
    stop() {},
  }
}

/** Shows on stderr how many users are prepared, once that has taken a second; null ends it. Nothing when `quiet`. */
export function showPreparing(quiet: boolean): (progress: Progress | null) => void {
  let shown: { readonly display: ProgressDisplay; readonly startedAt: number } | null = null
  return (progress) => {
    if (progress === null) {
      shown?.display.stop()
      shown = null
      return
    }
    shown ??= { display: showProgress('Preparing', 'users', quiet), startedAt: performance.now() }
    if (performance.now() - shown.startedAt >= firstLineMs) shown.display.update(progress)
  }
}

/** Seconds that a line covers where there is no terminal. */
const secondsPerLine = 5

/**
 * Redraws one line on a terminal each second; elsewhere writes a line every five seconds, with the rate and the
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
      // A display may show several runs, each of which begins at 0.
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

/** Shows the outcome of each trial of a search on a line of its own on stderr; nothing when `quiet`. */
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
