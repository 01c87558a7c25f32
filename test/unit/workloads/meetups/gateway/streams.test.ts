import { expect, it } from 'vitest'
import { follow } from '../../../../../src/lib/workloads/meetups/gateway/streams.ts'

/** A stream that gives what it is fed, until it is ended; `left` says that whoever reads it has gone. */
function createStream() {
  const waiting: (number | null | Error)[] = []
  let bell = Promise.withResolvers<void>()
  const stream = {
    left: false,
    feed(...given: (number | null | Error)[]) {
      waiting.push(...given)
      bell.resolve()
    },
    async *open(signal: AbortSignal): AsyncGenerator<number> {
      signal.addEventListener('abort', () => {
        stream.left = true
        stream.feed(null)
      })
      for (;;) {
        const next = waiting.shift()
        if (next === null) return
        if (next instanceof Error) throw next
        if (next !== undefined) yield next
        else {
          await bell.promise
          bell = Promise.withResolvers<void>()
        }
      }
    },
  }
  return stream
}

const stays = new AbortController().signal

/** Nothing for 0, and each other number so many times. */
const repeat = async (given: number) => Array.from({ length: given }, () => given)

it('gives none, one or more for each that the stream gives, and ends with it', async () => {
  const stream = createStream()
  stream.feed(0, 1, 0, 3, null)
  const seen: number[] = []
  for await (const event of await follow(stays, stream.open, repeat)) seen.push(event)
  expect(seen).toEqual([1, 3, 3, 3])
})

it('is there once the stream has given its first, and not before', async () => {
  const stream = createStream()
  let isThere = false
  const following = follow(stays, stream.open, repeat).then((events) => {
    isThere = true
    return events
  })
  await new Promise((resolve) => void setImmediate(resolve))
  expect(isThere).toBe(false)
  stream.feed(0)
  const events = await following
  const next = events.next()
  stream.feed(1)
  expect(await next).toEqual({ done: false, value: 1 })
})

it('ends the stream when the subscriber leaves, also while nothing comes', async () => {
  const stream = createStream()
  stream.feed(0)
  const events = await follow(stays, stream.open, repeat)
  const next = events.next()
  expect(await events.return!()).toEqual({ done: true, value: undefined })
  expect(stream.left).toBe(true)
  expect(await next).toEqual({ done: true, value: undefined })
})

it('ends the stream of a subscriber who leaves before there is anything', async () => {
  const stream = createStream()
  const leaving = new AbortController()
  const following = follow(leaving.signal, stream.open, repeat)
  leaving.abort()
  expect(await (await following).next()).toEqual({ done: true, value: undefined })
  expect(stream.left).toBe(true)
})

it('throws what the stream throws, at first and later', async () => {
  const broken = createStream()
  broken.feed(new Error('no'))
  await expect(follow(stays, broken.open, repeat)).rejects.toThrow('no')
  const later = createStream()
  later.feed(1, new Error('not any more'))
  const events = await follow(stays, later.open, repeat)
  expect(await events.next()).toEqual({ done: false, value: 1 })
  await expect(events.next()).rejects.toThrow('not any more')
  expect(later.left).toBe(true)
})

it('throws, and ends the stream, where what it gives may not be seen', async () => {
  const stream = createStream()
  stream.feed(1)
  await expect(follow(stays, stream.open, () => Promise.reject(new Error('not yours')))).rejects.toThrow('not yours')
  expect(stream.left).toBe(true)
})
