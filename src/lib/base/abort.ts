/**
 * Calls `listener` when `signal` aborts, at once where it has done so already. Returns what takes the listener off again,
 * which a signal that outlives its use needs.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) listener()
  signal.addEventListener('abort', listener)
  return () => signal.removeEventListener('abort', listener)
}

/** What `work` comes to, or a rejection with the signal's reason as soon as it aborts. */
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
