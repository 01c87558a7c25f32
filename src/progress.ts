import { SingleBar } from 'cli-progress'
import { progressText } from './lib/reports/progress-text.ts'
import type { Progress } from './lib/workloads/workload.ts'

/** Shows how far a long step has come. */
export interface ProgressDisplay {
  update(progress: Progress): void
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
  if (quiet) return { update() {}, stop() {} }
  return process.stderr.isTTY ? barDisplay(title, unit) : lineDisplay(title, unit)
}

function barDisplay(title: string, unit: string): ProgressDisplay {
  const bar = new SingleBar({
    format: `${title} {bar} {percentage}% | {text}`,
    hideCursor: true,
    stream: process.stderr,
    clearOnComplete: false,
  })
  const startedAt = performance.now()
  let started = false
  return {
    update({ done, total }) {
      const payload = { text: progressText(done, total, unit, performance.now() - startedAt) }
      if (started) {
        bar.update(done, payload)
      } else {
        bar.start(total, done, payload)
        started = true
      }
    },
    stop() {
      if (started) bar.stop()
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
