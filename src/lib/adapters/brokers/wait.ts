import { setTimeout as sleep } from 'node:timers/promises'

/** How long to wait for a server that may be away, where nothing depends on its answer, ms. */
const patienceMs = 2000

/** Waits until it is done or has failed, and no longer than `limitMs`. */
export async function waitAtMost(work: Promise<unknown>, limitMs = patienceMs): Promise<void> {
  const stop = new AbortController()
  await Promise.race([work.catch(() => {}), sleep(limitMs, null, { signal: stop.signal }).catch(() => {})])
  stop.abort()
}
