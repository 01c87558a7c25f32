import { ignoreFailure, pause } from '../../base/abort.ts'
import type { Consumer, Consumption, Message } from '../../ports/broker.ts'

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

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown })
}

/** Tells of an outage once, however often something is tried in it. */
interface Outage {
  /** Notes a failure, and reports it unless the last one had the same message. */
  failed(error: Error): void
  /** Ends the outage: the next failure is another one. */
  over(): void
}

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

/** How a member of a group takes messages. */
interface Taking {
  /** Takes some messages and handles them, or waits for some. `isUp` is to be called when the broker has responded. */
  take(stop: AbortSignal, isUp: () => void): Promise<void>
  /** An error of the client as one of ours. */
  translate(error: unknown): Error
  /** How soon a broker that is away is tried again, ms. */
  readonly tryAgainMs: number
  leave?(): Promise<void>
}

/** Takes messages until it is closed; `onError` is told once of each outage. */
export function runConsumer({ take, translate, tryAgainMs, leave }: Taking, onError: Consumption['onError']): Consumer {
  const outage = watchOutage(onError)
  const stop = new AbortController()

  async function work(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await take(stop.signal, outage.over)
      } catch (error) {
        outage.failed(translate(error))
        await pause(tryAgainMs, stop.signal)
      }
    }
    await leave?.()
  }

  const ended = work()
  return {
    async close() {
      stop.abort()
      await ended
    },
  }
}

/** How long to wait for a server that may be away, where nothing depends on its response, ms. */
const patienceMs = 2000

/** Waits until it is done or has failed, and no longer than `limitMs`. */
export async function waitAtMost(work: Promise<unknown>, limitMs = patienceMs): Promise<void> {
  const stop = new AbortController()
  await Promise.race([ignoreFailure(work), pause(limitMs, stop.signal)])
  stop.abort()
}
