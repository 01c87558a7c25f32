import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Calls `listener` when `signal` aborts, at once where it has done so already. Returns a function that takes the listener
 * off again, which a signal that outlives its use needs.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) listener()
  signal.addEventListener('abort', listener)
  return () => signal.removeEventListener('abort', listener)
}

/** Resolves as `work` does, or rejects with the signal's reason as soon as it aborts. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const off = onAbort(signal, () => reject(signal.reason as Error))
  try {
    return await Promise.race([work, promise])
  } finally {
    off()
  }
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => void onAbort(signal, resolve))
}

/** Resolves `ms` later with true, or with false as soon as `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false)
}

/** Resolves when `work` has ended, whether or not it failed: for work whose failure nobody can do anything about. */
export function ignoreFailure(work: Promise<unknown>): Promise<void> {
  return work.then(ignore, ignore)
}

function ignore(): void {}
