import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../../../src/lib/ports/database.ts'
import { startChat } from '../../../../src/lib/workloads/meetups/chat/service.ts'
import { memberId, members, messages, rooms } from '../../../../src/lib/workloads/meetups/chat/tables.ts'
import { startImageService } from '../../../../src/lib/workloads/meetups/image/service.ts'
import { images } from '../../../../src/lib/workloads/meetups/image/tables.ts'
import { imageAttempt, messageAttempt } from '../../../../src/lib/workloads/meetups/ledger.ts'
import { tell } from '../../../../src/lib/workloads/meetups/post/rows.ts'
import { applicationId, applications, outbox, posts } from '../../../../src/lib/workloads/meetups/post/tables.ts'
import { startRelayService } from '../../../../src/lib/workloads/meetups/relay.ts'
import { startSaga } from '../../../../src/lib/workloads/meetups/saga/index.ts'
import { sagas } from '../../../../src/lib/workloads/meetups/saga/tables.ts'
import { createMeetupBackends, type MeetupBackends } from '../../../support/meetups/meetup-backends.ts'
import { meetupEngines } from '../../../support/meetups/meetup-database.ts'
import {
  audit,
  clientsOf,
  createServices,
  newPost,
  uploadImage,
  type Services,
} from '../../../support/meetups/services.ts'

const clean = { lost: 0, duplicate: 0, oversold: 0, inconsistent: 0, unknownCommitted: 0, passed: true }

for (const engine of meetupEngines) {
  describe.skipIf(engine.open === null)(`the audit of the meetups on ${engine.name}`, () => {
    let place: MeetupBackends
    let store: Store
    let services: Services
    let post: string
    let owner: string
    let guest: string
    let messageId: string

    beforeEach(prepare)

    /** A post that came to its end: with an image, a guest and a message. Nobody is at work any more. */
    async function prepare(): Promise<void> {
      place = await createMeetupBackends(engine.open!)
      store = place.database.store
      services = await createServices(place)
      owner = randomUUID()
      guest = randomUUID()
      const parts = {
        database: place.database,
        openBroker: async () => place.broker,
        openPubSub: async () => services.pubsub,
        openCache: () => Promise.reject(new Error('not asked for')),
        onError: () => {},
        clients: { ...clientsOf(services), close: async () => {} },
      }
      const running = [
        await startChat(parts),
        await startImageService(parts, `disk:${join(place.folder, 'images')}`),
        await startSaga(parts),
        await startRelayService(parts, 'auto'),
      ]
      const request = newPost(owner)
      post = request.id
      await uploadImage(services.images, post)
      await services.posts.createPost(request)
      const stateOf = async () => (await store.find(posts, { id: post }))[0]?.state
      await expect.poll(stateOf, { timeout: 20_000 }).toBe('approved')
      await services.posts.createApplication({ postId: post, userId: guest, key: 'apply' })
      await expect.poll(() => store.count(members), { timeout: 20_000 }).toBe(2)
      messageId = (await services.chat.createMessage({ roomId: post, userId: guest, body: 'hello', key: 'say' })).id
      // It waits for what is under way.
      expect(await audit(place)).toMatchObject(clean)
      for (const service of running.toReversed()) await service.close()
    }

    afterEach(async () => {
      await services.announcer.close()
      await place[Symbol.asyncDispose]()
    })

    /** What it finds after the tables were tampered with: of one kind, and what it says of it. */
    async function expectFound(
      kind: 'lost' | 'duplicate' | 'oversold' | 'inconsistent',
      ...details: readonly string[]
    ): Promise<void> {
      const found = await audit(place, [], 200)
      expect(found).toMatchObject({ ...clean, [kind]: details.length, passed: false })
      for (const detail of details) {
        expect(found.violations).toContainEqual(
          expect.objectContaining({ kind, detail: expect.stringContaining(detail) }),
        )
      }
    }

    it('finds an approved post without its room', async () => {
      await store.remove(rooms, {})
      await expectFound('inconsistent', 'it has no room')
    })

    it('finds a room whose first member is not the owner of the post', async () => {
      await store.remove(members, { id: memberId(post, owner) })
      await expectFound('inconsistent', 'is not the first member')
    })

    it('finds what a rejected post still has', async () => {
      await store.update(posts, { id: post }, { state: 'rejected' })
      await expectFound('inconsistent', 'it still has a room', 'it still has images')
    })

    it('finds an acknowledged image that is gone, and a post whose images do not add up', async () => {
      const [{ id } = { id: '' }] = await store.find(images, { owner_id: post })
      const entry = { ...imageAttempt(post, id), outcome: 'booked', id } as const
      expect(await audit(place, [entry])).toMatchObject({ ...clean, acknowledged: 1 })
      await store.remove(images, { id })
      const found = await audit(place, [entry], 200)
      expect(found).toMatchObject({ ...clean, lost: 1, inconsistent: 1, passed: false })
      expect(found.violations).toMatchObject([
        { kind: 'lost', key: id, detail: `acknowledged as ${id} for image of post ${post}, not in the table` },
        { kind: 'inconsistent', key: `post ${post}`, detail: 'it has 0 images, and 1 are counted' },
      ])
    })

    it('finds a post with more applications than places, and one whose places do not add up', async () => {
      await store.update(posts, { id: post }, { places_left: 2 })
      await expectFound('inconsistent', '1 of 2 places are taken, but 2 are said to be left')
      const rows = [1, 2].map(() => {
        const user = randomUUID()
        const id = applicationId(post, user, 1, 'applied')
        return { id, post_id: post, user_id: user, kind: 'applied', turn: 1, key: '', created_at: 0 } as const
      })
      await store.insert(applications, rows)
      await expectFound('oversold', '3 have applied for 2 places')
    })

    it('finds an event that nobody publishes, and a saga that nobody drives', async () => {
      await store.update(outbox, { type: 'application-created' }, { published_at: 0 })
      await expectFound('inconsistent', 'start the relay again')
      await store.update(outbox, { published_at: 0 }, { published_at: 1 })
      await store.update(sagas, {}, { step: 'room-created' })
      await expectFound('inconsistent', 'start the saga service again')
    })

    it('finds an event that is marked as published, and is not in the topic', async () => {
      const publishedAt = async (at: number) => {
        const { rows } = tell('post-rejected', { postId: randomUUID(), sagaId: randomUUID(), reason: '' }, 0)
        await store.insert(
          outbox,
          rows.map((row) => ({ ...row, published_at: at })),
        )
      }
      // Before any that the topic has: to another broker.
      await publishedAt(1)
      expect(await audit(place)).toMatchObject(clean)
      await publishedAt(Date.now())
      await expectFound('lost', 'it is not in meetup-events')
    })

    it('finds events without what has to follow from them', async () => {
      await store.remove(sagas, {})
      await store.remove(members, { id: memberId(post, guest) })
      await expectFound('lost', 'post-created was published, but', 'application-created was published, but')
    })

    it('finds a post that was decided about twice', async () => {
      const decision = tell('post-rejected', { postId: post, sagaId: randomUUID(), reason: '' }, 0)
      const [row] = decision.rows
      await place.broker.publish('meetup-events', [{ key: post, value: Buffer.from(row!.event) }])
      await store.insert(outbox, [{ ...row!, published_at: 1 }])
      const found = await audit(place, [], 200)
      // Its groups have yet to look at it, and nobody is at work.
      expect(found).toMatchObject({ ...clean, duplicate: 1, inconsistent: 3, passed: false })
    })

    it('finds an acknowledged message that is gone', async () => {
      const entry = { ...messageAttempt(post, 'say'), outcome: 'booked', id: messageId } as const
      expect(await audit(place, [entry])).toMatchObject({ ...clean, acknowledged: 1 })
      await store.remove(messages, { id: messageId })
      expect(await audit(place, [entry])).toMatchObject({ ...clean, lost: 1, inconsistent: 1, passed: false })
    })
  })
}
