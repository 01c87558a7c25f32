/**
 * What a stream gives, turned into what subscribers get: none, one or more for each. It resolves once the stream has
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
