import type { Clock } from '../../../src/lib/base/measure/clock.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly callback: () => void
}

/** A clock that jumps from timer to timer, so that an hour takes as long as what happens in it. */
export interface VirtualClock extends Clock {
  /** Fires timers in order until none is left, letting all promises settle in between. */
  runAll(): Promise<void>
}

/** `startsAt` in ms. */
export function createVirtualClock(startsAt = 0): VirtualClock {
  const timers = new Set<Timer>()
  let now = startsAt
  let order = 0
  return {
    now: () => now,
    schedule(ms, callback) {
      const timer = { at: now + Math.max(0, ms), order: order++, callback }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async runAll() {
      await settle()
      while (timers.size > 0) {
        const next = [...timers].reduce((a, b) => (a.at < b.at || (a.at === b.at && a.order < b.order) ? a : b))
        timers.delete(next)
        now = next.at
        next.callback()
        await settle()
      }
    },
  }
}

/** Promise jobs all run before the next turn of the event loop. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
