import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ChatEvent } from '../../../../src/lib/workloads/meetups/chat/contract.ts'
import { resume } from '../../../../src/lib/workloads/meetups/gateway/streams.ts'
import { RpcError } from '../../../../src/lib/workloads/meetups/rpc/errors.ts'
import { createMeetupBackends } from '../../../support/meetups/meetup-backends.ts'
import { meetupEngines } from '../../../support/meetups/meetup-database.ts'
import { createSystem } from '../../../support/meetups/separate-services.ts'

describe('subscribers of a chat that is restarted', () => {
  it('get every message that was acknowledged, in order and once', async () => {
    await using place = await createMeetupBackends(meetupEngines[0]!.open!)
    await using system = await createSystem(place)
    await system.start('chat')
    const chat = await system.clients.get('ChatService')
    const ownerId = randomUUID()
    const rooms = Array.from({ length: 10 }, () => randomUUID())
    for (const postId of rooms) await chat.createRoom({ postId, ownerId })

    const stop = new AbortController()
    const followers = await Promise.all(rooms.flatMap((roomId) => Array.from({ length: 5 }, () => follow(roomId))))
    async function follow(roomId: string) {
      const keys: string[] = []
      const ready = Promise.withResolvers<void>()
      const open = (last: ChatEvent | null) =>
        chat.subscribe({ roomId, userId: ownerId, after: last?.cursor ?? '' }, stop.signal)
      const read = async () => {
        for await (const { message } of resume(open, stop.signal)) {
          if (message) keys.push(message.key)
          ready.resolve()
        }
      }
      const ended = read()
      await ready.promise
      return { roomId, keys, ended }
    }

    let acknowledged = 0
    async function talk(roomId: string): Promise<void> {
      for (let n = 0; n < 30; n++) {
        // As somebody does who was not answered: the same key stores it once.
        for (;;) {
          const wish = { roomId, userId: ownerId, body: 'hello', key: String(n) }
          const error = await chat.createMessage(wish).then(
            () => null,
            (reason: unknown) => reason,
          )
          if (error === null) break
          expect(error).toMatchObject({ code: 'unavailable' })
        }
        acknowledged++
      }
    }
    const talking = Promise.all(rooms.map(talk))
    for (const share of [0.2, 0.5]) {
      await expect.poll(() => acknowledged, { interval: 5, timeout: 20_000 }).toBeGreaterThan(share * 300)
      await system.stop('chat')
      await system.start('chat')
    }
    await talking
    const wanted = Array.from({ length: 30 }, (_, n) => String(n))
    for (const { keys } of followers) await expect.poll(() => keys, { timeout: 20_000 }).toEqual(wanted)
    stop.abort()
    await Promise.all(followers.map(({ ended }) => ended))
  })
})

async function readAll(stream: AsyncIterable<number>): Promise<void> {
  for await (const _ of stream);
}

describe('a stream that is resumed', () => {
  it('throws what is no outage, and what keeps it from beginning', async () => {
    const signal = new AbortController().signal
    async function* failing(code: 'unavailable' | 'forbidden', after: number): AsyncGenerator<number> {
      for (let n = 0; n < after; n++) yield n
      throw new RpcError(code, 'no')
    }
    await expect(readAll(resume(() => failing('unavailable', 0), signal))).rejects.toMatchObject({
      code: 'unavailable',
    })
    await expect(readAll(resume(() => failing('forbidden', 2), signal))).rejects.toMatchObject({
      code: 'forbidden',
    })
  })
})
