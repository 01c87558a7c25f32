import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumption, Message } from '../../ports/broker.ts'

const firstPauseMs = 50
const longestPauseMs = 1000

/**
 * Hands messages over until `handle` resolves, with a growing pause in between. False when it was told to stop before
 * that: then nobody has handled them. To hand over the same ones again, before any others, keeps them in their order.
 */
export async function handOver(
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

/** Waits, ms. False when `stop` ended it. */
export async function pause(durationMs: number, stop: AbortSignal): Promise<boolean> {
  await sleep(durationMs, null, { signal: stop }).catch(() => {})
  return !stop.aborted
}

/** Anything that was thrown, as an error. */
function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown })
}
