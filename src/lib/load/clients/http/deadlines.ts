import type { Clock } from '../../../base/measure/clock.ts'

/** Things that are overdue a fixed time after they began, with one timer for all of them. */
export interface Deadlines<T> {
  /** Returns when it is overdue, ms on the clock. */
  add(item: T): number
  remove(item: T): void
  /** When it is overdue, ms on the clock; undefined for what was not added. */
  overdueAt(item: T): number | undefined
  /** Says now what is overdue by now; a busy process runs its timers late. */
  check(): void
  /** Forgets everything. */
  clear(): void
}

/**
 * Calls `onOverdue` for each item that is not removed within `ms`. Since all have the same time, the
 * oldest comes first, and a timer for the oldest is enough: thousands of requests that are answered
 * in time set hardly any.
 */
export function createDeadlines<T>(clock: Clock, ms: number, onOverdue: (item: T) => void): Deadlines<T> {
  /** Items with when they are overdue, in this order. */
  const overdueAt = new Map<T, number>()
  let cancelTimer: (() => void) | null = null

  function check(): void {
    const now = clock.now()
    for (const [item, at] of overdueAt) {
      if (at > now) return
      overdueAt.delete(item)
      onOverdue(item)
    }
  }

  function onTimer(): void {
    // What is added meanwhile is overdue last: a timer for it would stand in the way of that for the oldest.
    check()
    cancelTimer = null
    for (const at of overdueAt.values()) return watch(Math.max(0, at - clock.now()))
  }

  function watch(afterMs: number): void {
    cancelTimer ??= clock.schedule(afterMs, onTimer)
  }

  return {
    add(item) {
      const at = clock.now() + ms
      overdueAt.set(item, at)
      watch(ms)
      return at
    },
    remove: (item) => void overdueAt.delete(item),
    overdueAt: (item) => overdueAt.get(item),
    check,
    clear() {
      overdueAt.clear()
      cancelTimer?.()
      cancelTimer = null
    },
  }
}
