import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rooms } from '../../../../src/lib/workloads/meetups/chat/tables.ts'
import { images as imageTable } from '../../../../src/lib/workloads/meetups/image/tables.ts'
import { applicationAttempt, messageAttempt, postAttempt } from '../../../../src/lib/workloads/meetups/ledger.ts'
import { outbox, posts } from '../../../../src/lib/workloads/meetups/post/tables.ts'
import { outgoing, leases } from '../../../../src/lib/workloads/meetups/relay.ts'
import { startRelay } from '../../../../src/lib/workloads/shared/outbox/relay.ts'
import { startPrivateService } from '../../../support/private-service.ts'
import { createMeetupBackends, type MeetupBackends } from '../../../support/meetups/meetup-backends.ts'
import { meetupEngines } from '../../../support/meetups/meetup-database.ts'
import { audit, newPost, uploadImage } from '../../../support/meetups/services.ts'
import { createSystem, type System } from '../../../support/meetups/separate-services.ts'

const clean = { lost: 0, duplicate: 0, oversold: 0, inconsistent: 0, passed: true }

for (const engine of meetupEngines) {
  describe.skipIf(engine.open === null)(`the events of meetups on ${engine.name}`, () => {
    let place: MeetupBackends
    let system: System
    let owner: string

    beforeEach(async () => {
      place = await createMeetupBackends(engine.open!)
      system = await createSystem(place)
      owner = randomUUID()
    })

    afterEach(async () => {
      await system[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    })

    async function createPosts(count: number): Promise<string[]> {
      const [service, images] = [await system.clients.get('PostService'), await system.clients.get('ImageService')]
      return Promise.all(
        Array.from({ length: count }, async () => {
          const post = newPost(owner)
          await uploadImage(images, post.id)
          await service.createPost(post)
          return post.id
        }),
      )
    }

    const statesOf = async (ids: readonly string[]) =>
      (await place.database.store.find(posts, { id: { in: ids } })).map(({ state }) => state)

    async function expectStates(ids: readonly string[], state: string): Promise<void> {
      const wanted = ids.map(() => state)
      await expect.poll(() => statesOf(ids), { timeout: 30_000, interval: 20 }).toEqual(wanted)
    }

    it('lead from a post to its room, from an application into it, and from a deletion out of everything', async () => {
      await system.start('post', 'chat', 'image', 'saga', 'relay')
      const [id, gone] = (await createPosts(2)) as [string, string]
      await expectStates([id, gone], 'approved')
      const [service, chat] = [await system.clients.get('PostService'), await system.clients.get('ChatService')]
      const [guest, leaver] = [randomUUID(), randomUUID()]
      const application = await service.createApplication({ postId: id, userId: guest, key: 'second' })
      await service.createApplication({ postId: id, userId: leaver, key: '' })
      await service.deleteApplication({ postId: id, userId: leaver })
      await service.deletePost({ id: gone })
      const membersOf = async () => (await chat.getMembers({ roomIds: [id, gone] })).members.map(({ userId }) => userId)
      await expect.poll(membersOf, { timeout: 20_000 }).toEqual([owner, guest])
      const message = await chat.createMessage({ roomId: id, userId: guest, body: 'hello', key: 'first' })
      const ledger = [
        { ...postAttempt(id), outcome: 'booked', id },
        { ...applicationAttempt(id, 'second'), outcome: 'booked', id: application.id },
        { ...messageAttempt(id, 'first'), outcome: 'booked', id: message.id },
      ] as const
      expect(await audit(place, ledger)).toMatchObject({ ...clean, unknownCommitted: 0, acknowledged: 3 })
      expect(await place.database.store.count(imageTable)).toBe(1)
      expect(await place.database.store.find(rooms, { state: 'open' })).toMatchObject([{ id }])
    })

    it('wait for a chat that is away, and go on when it is back', async () => {
      await system.start('post', 'image', 'saga', 'relay')
      await system.start('chat')
      await system.stop('chat')
      const ids = await createPosts(5)
      await expect.poll(() => system.errors.length, { timeout: 20_000 }).toBeGreaterThan(0)
      expect(new Set(await statesOf(ids))).toEqual(new Set(['pending']))
      await system.start('chat')
      await expectStates(ids, 'approved')
      expect(await audit(place)).toMatchObject(clean)
    })

    it('are handled once where a relay died between publishing and marking', async () => {
      await system.start('post', 'chat', 'image', 'saga')
      const ids = await createPosts(3)
      const times = { lingerMs: 1, idleMs: 20, standbyMs: 20, leaseMs: 300, retryMs: [5, 50], drainMs: 50 } as const
      const { store } = place.database
      const published = Promise.withResolvers<void>()
      const dead = startRelay(
        {
          store,
          // It has published, and never comes to mark it.
          outbox: { ...outgoing, settle: () => (published.resolve(), new Promise(() => {})) },
          openBroker: async () => place.broker,
          onError: () => {},
          onPublished: () => {},
        },
        times,
      )
      await published.promise
      await expectStates(ids, 'approved')
      expect(await store.find(outbox, { type: 'post-created', published_at: 0 })).toHaveLength(3)
      expect(await audit(place, [], 100)).toMatchObject({ passed: false, lost: 0 })
      await store.update(leases, { name: 'outbox' }, { until: 0 })
      await system.start('relay')
      expect(await audit(place)).toMatchObject(clean)
      let messages = 0
      for await (const { value } of place.broker.read('meetup-events'))
        messages += value.includes('post-created') ? 1 : 0
      expect(messages).toBe(6)
      await dead.close()
    })

    it('give the last place to one of many who apply at once', async () => {
      await system.start('post', 'chat', 'image', 'saga', 'relay')
      const [id] = (await createPosts(1)) as [string]
      await expectStates([id], 'approved')
      const service = await system.clients.get('PostService')
      await service.createApplication({ postId: id, userId: randomUUID(), key: '' })
      const users = Array.from({ length: 200 }, () => randomUUID())
      const results = await Promise.allSettled(
        users.map((userId) => service.createApplication({ postId: id, userId, key: userId })),
      )
      const codes = results.map((result) => (result.status === 'fulfilled' ? 'applied' : result.reason.code))
      expect(codes.filter((code) => code === 'applied')).toHaveLength(1)
      expect(new Set(codes)).toEqual(new Set(['applied', 'full']))
      const ledger = results.map((result, n) => ({
        ...applicationAttempt(id, users[n]!),
        ...(result.status === 'fulfilled'
          ? { outcome: 'booked' as const, id: result.value.id }
          : { outcome: 'conflict' as const }),
      }))
      expect(await audit(place, ledger)).toMatchObject({ ...clean, unknownCommitted: 0 })
    })
  })
}

describe('the events of meetups over NATS', () => {
  it('survive a server that is killed and started again in the middle of sagas', async () => {
    await using server = await startPrivateService('nats')
    if (!server) return
    await using place = await createMeetupBackends(meetupEngines[0]!.open!, server.url)
    await using system = await createSystem(place)
    await system.start('post', 'chat', 'image', 'saga', 'relay')
    const service = await system.clients.get('PostService')
    const owner = randomUUID()
    const create = () => service.createPost(newPost(owner))
    await Promise.all(Array.from({ length: 20 }, create))
    await server.kill()
    await Promise.all(Array.from({ length: 20 }, create))
    await server.start()
    await Promise.all(Array.from({ length: 5 }, create))
    const approved = async () => (await place.database.store.find(posts, { state: 'approved' })).length
    await expect.poll(approved, { timeout: 40_000, interval: 100 }).toBe(45)
    expect(await audit(place, [], 5000)).toMatchObject(clean)
  })
})
