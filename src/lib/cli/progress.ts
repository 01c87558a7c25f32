import { SingleBar } from 'cli-progress'
import { waitText } from '../adapters/databases/waits.ts'
import { progressText } from '../render/terminal/progress-text.ts'
import type { Wait } from '../ports/database-facts.ts'
import type { Progress } from '../base/progress.ts'

/** Shows how far a long step has come. */
export interface ProgressDisplay {
  update(progress: Progress): void
  /** Shows what the step waits for; null when it goes on. */
  wait(wait: Wait | null): void
  stop(): void
}

/** Where there is no terminal to redraw: when the first line is written, and how often another, in ms. */
const firstLineMs = 1000
const lineEveryMs = 5000

/**
 * A bar with rate and time left on a terminal, a line now and then elsewhere, nothing when `quiet`.
 * Goes to stderr, so that stdout holds results alone.
 */
export function showProgress(title: string, unit: string, quiet: boolean): ProgressDisplay {
  if (quiet) return { update() {}, wait() {}, stop() {} }
  return process.stderr.isTTY ? barDisplay(title, unit) : lineDisplay(title, unit)
}

/** Writes a line when something is waited for, and now and then as long as it is. To stderr. */
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

/** Shows how many users are prepared, once that has taken a second; null ends it. Nothing when `quiet`. To stderr. */
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
