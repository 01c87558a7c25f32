import { ignoreFailure, pause } from '../../base/abort.ts'
import type { Consumption, Message } from '../../ports/broker.ts'

const firstPauseMs = 50
const longestPauseMs = 1000

/**
 * Delivers messages until `handle` resolves, with a growing pause in between. False when it was told to stop before
 * that: then nobody has handled them. Delivering the same ones again, before any others, keeps them in their order.
 */
export async function deliver(
  messages: readonly Message[],
  { handle, onError }: Pick<Consumption, 'handle' | 'onError'>,
  stop: AbortSignal,
): Promise<boolean> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      await handle(messages)
      return true
    } catch (error) {
      onError(asError(error))
    }
    if (!(await pause(pauseMs, stop))) return false
  }
}

/** Anything that was thrown, as an error. */
function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown })
}

/** Tells of an outage once, however often something is tried in it. */
interface Outage {
  /** It failed again; what it failed with is told when it is another error than the last time. */
  failed(error: Error): void
  /** It worked: the next failure is another outage. */
  over(): void
}

/** Tells `tell`. */
export function watchOutage(tell: (error: Error) => void): Outage {
  let told: string | null = null
  return {
    failed(error) {
      if (error.message !== told) tell(error)
      told = error.message
    },
    over() {
      told = null
    },
  }
}

/** How long to wait for a server that may be away, where nothing depends on its answer, ms. */
const patienceMs = 2000

/** Waits until it is done or has failed, and no longer than `limitMs`. */
export async function waitAtMost(work: Promise<unknown>, limitMs = patienceMs): Promise<void> {
  const stop = new AbortController()
  await Promise.race([ignoreFailure(work), pause(limitMs, stop.signal)])
  stop.abort()
}
