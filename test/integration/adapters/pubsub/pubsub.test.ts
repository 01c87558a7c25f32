import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { openPubSub } from '../../../../src/lib/adapters/pubsub/pubsub.ts'
import type { ChannelListener } from '../../../../src/lib/ports/pubsub.ts'
import { startPrivateService } from '../../../support/private-service.ts'
import { findService } from '../../../support/services.ts'

const redis = await findService('redis')
const kinds = [
  { kind: 'memory', setting: 'memory' },
  { kind: 'redis', setting: redis },
] as const

/** Writes down what it hears. */
function listen() {
  const heard: string[] = []
  let gaps = 0
  const listener: ChannelListener = { onMessage: (text) => void heard.push(text), onGap: () => void gaps++ }
  return { heard, gaps: () => gaps, listener }
}

for (const { kind, setting } of kinds) {
  describe.skipIf(setting === null)(`pub/sub of kind ${kind}`, () => {
    it('tells all who listen to a channel, in order, whatever text it is, and nobody else', async () => {
      await using pubsub = await openPubSub(setting!)
      const [channel, other] = [randomUUID(), randomUUID()]
      const [one, two, stranger] = [listen(), listen(), listen()]
      await Promise.all([
        pubsub.subscribe(channel, one.listener),
        pubsub.subscribe(channel, two.listener),
        pubsub.subscribe(other, stranger.listener),
      ])
      const texts = ['first', '', 'line\nline', '釣り 🎣']
      for (const text of texts) await pubsub.publish(channel, text)
      await expect.poll(() => [one.heard, two.heard]).toEqual([texts, texts])
      expect(stranger.heard).toEqual([])
      expect(pubsub.kind).toBe(kind)
    })

    it('tells those who stay when another leaves, and one that comes back', async () => {
      await using pubsub = await openPubSub(setting!)
      const channel = randomUUID()
      const [stays, leaves] = [listen(), listen()]
      const staying = await pubsub.subscribe(channel, stays.listener)
      const leaving = await pubsub.subscribe(channel, leaves.listener)
      await leaving.close()
      await leaving.close()
      await pubsub.publish(channel, '1')
      await expect.poll(() => stays.heard).toEqual(['1'])
      // Nobody is left, and at the same moment somebody comes.
      await Promise.all([staying.close(), pubsub.subscribe(channel, leaves.listener)])
      await pubsub.publish(channel, '2')
      await expect.poll(() => leaves.heard).toEqual(['2'])
      expect(stays.heard).toEqual(['1'])
    })
  })
}

describe.skipIf(redis === null)('pub/sub through Redis', () => {
  it('reaches other processes', async () => {
    await using one = await openPubSub(redis!)
    await using other = await openPubSub(redis!)
    const channel = randomUUID()
    const { heard, listener } = listen()
    await other.subscribe(channel, listener)
    await one.publish(channel, 'hello')
    await expect.poll(() => heard).toEqual(['hello'])
  })

  it('says so where it could miss messages, and goes on by itself', async () => {
    await using server = await startPrivateService('redis')
    if (!server) return
    await using pubsub = await openPubSub(server.url)
    const { heard, gaps, listener } = listen()
    await pubsub.subscribe('room', listener)
    await server.kill()
    await expect
      .poll(() => pubsub.publish('room', 'unheard').catch((error: unknown) => error))
      .toMatchObject({
        code: 'cache-unreachable',
      })
    await expect(pubsub.subscribe('other', listen().listener)).rejects.toMatchObject({ code: 'cache-unreachable' })
    expect(gaps()).toBe(0)
    await server.start()
    await expect.poll(gaps, { timeout: 20_000 }).toBe(1)
    await expect
      .poll(() => pubsub.publish('room', 'heard').catch((error: unknown) => error), { timeout: 20_000 })
      .toBe(undefined)
    await expect.poll(() => heard).toEqual(['heard'])
  })

  it('says that no Redis answers', async () => {
    await expect(openPubSub('redis://user:secret@127.0.0.1:1')).rejects.toMatchObject({ code: 'cache-unreachable' })
  })
})
