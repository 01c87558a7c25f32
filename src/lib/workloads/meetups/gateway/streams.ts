import { pause } from '../../../base/abort.ts'
import { RpcError } from '../rpc/errors.ts'

/**
 * Turns what a stream gives into what subscribers get: none, one or more events for each. It resolves once the stream has
 * given its first, so that a subscription that begins is there; and ends the stream when the subscriber leaves, which
 * `signal` says, also before it has begun and while nothing comes. Throws what the stream throws.
 */
export async function follow<Given, Event>(
  signal: AbortSignal,
  open: (signal: AbortSignal) => AsyncIterable<Given>,
  turn: (given: Given) => Promise<readonly Event[]>,
): Promise<AsyncIterableIterator<Event>> {
  const left = new AbortController()
  const stream = open(AbortSignal.any([signal, left.signal]))[Symbol.asyncIterator]()
  const ready: Event[] = []

  /** False at the end of the stream. */
  async function take(): Promise<boolean> {
    try {
      const { done, value } = await stream.next()
      if (!done) ready.push(...(await turn(value)))
      return !done
    } catch (error) {
      left.abort()
      throw error
    }
  }

  async function next(): Promise<IteratorResult<Event>> {
    while (ready.length === 0) if (!(await take())) return { done: true, value: undefined }
    return { done: false, value: ready.shift() as Event }
  }

  async function leave(): Promise<IteratorResult<Event>> {
    left.abort()
    return { done: true, value: undefined }
  }

  await take()
  const events: AsyncIterableIterator<Event> = { next, return: leave, [Symbol.asyncIterator]: () => events }
  return events
}

/** Before a stream that was broken off is opened again, ms; twice as long after each more, up to the second. */
const pausesMs = [50, 1000] as const

/**
 * A stream that goes on where its service was away, from the last that it gave on: `open` is told that, and null at
 * first. Throws what else goes wrong, and where it cannot begin.
 */
export async function* resume<Given>(
  open: (last: Given | null) => AsyncIterable<Given>,
  signal: AbortSignal,
): AsyncGenerator<Given> {
  let last: Given | null = null
  let pauseMs: number = pausesMs[0]
  while (!signal.aborted) {
    try {
      for await (const given of open(last)) {
        last = given
        pauseMs = pausesMs[0]
        yield given
      }
      return
    } catch (error) {
      if (last === null || !(error instanceof RpcError && error.code === 'unavailable')) throw error
    }
    await pause(pauseMs, signal)
    pauseMs = Math.min(pauseMs * 2, pausesMs[1])
  }
}
