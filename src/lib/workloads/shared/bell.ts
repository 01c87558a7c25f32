import { onAbort } from '../../base/abort.ts'

export interface Bell {
  /** Ends the wait; where nobody waits, the next one. */
  ring(): void
  /** Resolves when it rings, after `ms` where that is given, and at once where the signal has aborted. */
  wait(ms?: number): Promise<void>
  /** Takes its listener off the signal. */
  close(): void
}

/** A bell that rings as well when `signal` aborts. */
export function createBell(signal: AbortSignal): Bell {
  let rung = Promise.withResolvers<void>()
  const ring = (): void => rung.resolve()
  return {
    ring,
    async wait(ms) {
      const timer = ms === undefined ? undefined : setTimeout(ring, ms)
      await rung.promise
      clearTimeout(timer)
      if (!signal.aborted) rung = Promise.withResolvers<void>()
    },
    close: onAbort(signal, ring),
  }
}
