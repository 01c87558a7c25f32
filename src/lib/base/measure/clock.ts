import { performance } from 'node:perf_hooks'

/** Time as the rest of the code sees it, so that tests can run hours in no time. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number
  /** Calls `callback` once, `ms` later, unless the returned function is called before. */
  schedule(ms: number, callback: () => void): () => void
}

/** The machine's monotonic clock. */
export const realClock: Clock = {
  now: () => performance.now(),
  schedule(ms, callback) {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}

/** Up to so much a timer is late by itself, ms: Node's count whole milliseconds. More is a process that was kept busy. */
const timerLatenessMs = 2

/**
 * When something that a timer was to begin at `at` is due, given that it fired `now`: what the timer is late by itself
 * is left out. All of it counts when it is more, since the process was then busy with something else.
 */
export function withoutTimerLateness(at: number, now: number): number {
  return now > at && now - at < timerLatenessMs ? now : at
}

/** The machine's monotonic clock as all threads of a process see it, ms; `performance.now()` counts from the start of each. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** How early a timer is set, ms: Node fires it up to a millisecond late. */
const timerSlackMs = 2

/**
 * The machine's clock for starts that must not be late: the last two milliseconds are waited for awake,
 * which costs a core, so that a callback comes some 10 us late instead of a millisecond.
 */
export const preciseClock: Clock = {
  now: () => performance.now(),
  schedule(ms, callback) {
    const dueAt = performance.now() + ms
    let cancelled = false
    const look = (): void => {
      if (cancelled) return
      if (performance.now() >= dueAt) callback()
      else setImmediate(look)
    }
    const timer = ms > timerSlackMs ? setTimeout(look, ms - timerSlackMs) : null
    if (timer === null) setImmediate(look)
    return () => {
      cancelled = true
      if (timer !== null) clearTimeout(timer)
    }
  },
}

/** Resolves as `work` does, or with null after `ms`. */
export async function endWithin<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T | null> {
  const { promise, resolve } = Promise.withResolvers<null>()
  const cancel = clock.schedule(ms, () => resolve(null))
  try {
    return await Promise.race([work, promise])
  } finally {
    cancel()
  }
}

/** Resolves `ms` later with true, or with false as soon as the timers are cancelled. */
export type Sleep = (ms: number) => Promise<boolean>

/** Timers that can be cancelled together. */
export interface Timers {
  readonly sleep: Sleep
  /** The same with a callback, which takes less memory than a promise where thousands sleep. */
  sleepThen(ms: number, done: (slept: boolean) => void): void
  /** Ends every sleep at once, and every later one. */
  cancelAll(): void
  readonly cancelled: boolean
}

/**
 * Creates timers on `clock`. They are cheaper than an AbortSignal for each sleep: a listener costs more than the
 * timer, and taking one out of thousands walks through them.
 */
export function createTimers(clock: Clock): Timers {
  const sleeping = new Set<Timer>()

  function sleepThen(ms: number, done: (slept: boolean) => void): void {
    if (timers.cancelled) return done(false)
    const cancel = clock.schedule(ms, () => {
      sleeping.delete(timer)
      done(true)
    })
    const timer = { cancel, done }
    sleeping.add(timer)
  }

  // No getter: V8 gives each object that has one a shape of its own, and there are thousands.
  const timers = {
    cancelled: false,
    sleep: (ms: number) => new Promise<boolean>((resolve) => sleepThen(ms, resolve)),
    sleepThen,
    cancelAll() {
      timers.cancelled = true
      for (const { cancel, done } of sleeping) {
        cancel()
        done(false)
      }
      sleeping.clear()
    },
  }
  return timers
}

interface Timer {
  readonly cancel: () => void
  readonly done: (slept: boolean) => void
}
