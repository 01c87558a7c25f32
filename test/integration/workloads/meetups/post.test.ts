import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { v4 as randomUuid } from 'uuid'
import { readEvent, type MeetupEvent } from '../../../../src/lib/workloads/meetups/events.ts'
import {
  fishTypes,
  spotTypes,
  type ListPostsRequest,
  type Post,
  type PostService,
  type PostText,
} from '../../../../src/lib/workloads/meetups/post/contract.ts'
import { createPostService } from '../../../../src/lib/workloads/meetups/post/service.ts'
import { outbox, posts } from '../../../../src/lib/workloads/meetups/post/tables.ts'
import { createMeetupDatabase, meetupEngines, type MeetupDatabase } from '../../../support/meetups/meetup-database.ts'

const start = Date.now()
const dayMs = 24 * 60 * 60 * 1000

const right: PostText = {
  title: 'Carp at dawn',
  content: 'Bring tea. \u{1F41F}',
  prefecture: 13,
  spotType: 'LAKE',
  fishTypes: ['CARP', 'EEL'],
  meetingAt: start + dayMs,
  maxApply: 2,
}

const everything: ListPostsRequest = {
  first: 100,
  after: '',
  orderBy: 'created',
  descending: false,
  prefecture: 0,
  spotType: '',
  fishTypes: [],
  meetingFrom: 0,
  meetingTo: 0,
  openOnly: false,
  userId: '',
}

for (const { name: engine, open } of meetupEngines) {
  describe.skipIf(open === null)(`the post service on ${engine}`, () => {
    let place: MeetupDatabase
    let service: PostService
    let now = start

    beforeAll(async () => {
      place = await createMeetupDatabase(open!)
      service = createPostService(place.database.store, () => now)
    })
    afterAll(() => place[Symbol.asyncDispose]())

    async function approved(text: Partial<PostText> = {}, userId = randomUuid()): Promise<Post> {
      const { post } = await service.createPost({ ...right, ...text, userId, id: '' })
      await service.approvePost({ id: post.id })
      return post
    }

    async function eventsOf(postId: string): Promise<MeetupEvent[]> {
      const rows = await place.database.store.find(outbox, { aggregate: postId }, { orderBy: ['id'] })
      for (const { id, type, event, published_at } of rows) {
        expect(readEvent(Buffer.from(event))).toMatchObject({ id, type, aggregate: postId })
        expect(published_at).toBe(0)
      }
      return rows.map(({ event }) => readEvent(Buffer.from(event)))
    }

    async function reloaded(id: string): Promise<Post> {
      const { posts: found } = await service.getPosts({ ids: [id] })
      return found[0] as Post
    }

    test('keeps a post and its event, pending until it is approved', async () => {
      const userId = randomUuid()
      const { post, sagaId } = await service.createPost({ ...right, userId, id: '' })
      expect(post).toMatchObject({ ...right, userId, state: 'pending', placesLeft: 2, createdAt: now, sagaId })
      const [event] = await eventsOf(post.id)
      expect(event).toMatchObject({ type: 'post-created', at: now, payload: { postId: post.id, userId, sagaId } })
      expect((await service.listPosts({ ...everything, userId })).edges).toEqual([])
      await service.approvePost({ id: post.id })
      await service.approvePost({ id: post.id })
      expect((await eventsOf(post.id)).map(({ type }) => type)).toEqual(['post-created', 'post-approved'])
      await expect(service.rejectPost({ id: post.id, reason: '' })).rejects.toMatchObject({ code: 'wrong-state' })
      const { edges } = await service.listPosts({ ...everything, userId })
      expect(edges.map((edge) => edge.post)).toEqual([{ ...post, state: 'approved' }])
    })

    test('makes one post of an id, also at the same time', async () => {
      const request = { ...right, userId: randomUuid(), id: randomUuid() }
      const made = await Promise.all([
        service.createPost(request),
        service.createPost(request),
        service.createPost(request),
      ])
      expect(new Set(made.map(({ sagaId }) => sagaId)).size).toBe(1)
      expect(await eventsOf(request.id)).toHaveLength(1)
      await expect(service.createPost({ ...request, userId: randomUuid() })).rejects.toMatchObject({ code: 'taken' })
    })

    test('rejects a post once, and tells why', async () => {
      const { post } = await service.createPost({ ...right, userId: randomUuid(), id: '' })
      await service.rejectPost({ id: post.id, reason: 'no room' })
      await service.rejectPost({ id: post.id, reason: 'again' })
      const events = await eventsOf(post.id)
      expect(events).toHaveLength(2)
      expect(events[1]).toMatchObject({ type: 'post-rejected', payload: { reason: 'no room' } })
      await expect(service.approvePost({ id: post.id })).rejects.toMatchObject({ code: 'wrong-state' })
    })

    test.each([
      ['title', { title: '' }],
      ['title', { title: 'x'.repeat(21) }],
      ['title', { title: 'a\0b' }],
      ['content', { content: 'x'.repeat(2001) }],
      ['prefecture', { prefecture: 0 }],
      ['prefecture', { prefecture: 48 }],
      ['prefecture', { prefecture: 1.5 }],
      ['spotType', { spotType: 'MOON' }],
      ['fishTypes', { fishTypes: [] }],
      ['fishTypes', { fishTypes: ['CARP', 'CARP'] }],
      ['fishTypes', { fishTypes: ['WHALE'] }],
      ['meetingAt', { meetingAt: start }],
      ['meetingAt', { meetingAt: 10_000_000_000_000 }],
      ['maxApply', { maxApply: 0 }],
      ['maxApply', { maxApply: 1001 }],
    ])('refuses a wrong %s: %j', async (field, wrong) => {
      const request = { ...right, ...wrong, userId: randomUuid(), id: '' }
      const refusal = { code: 'invalid', message: expect.stringMatching(new RegExp(`^${field} `)) }
      await expect(service.createPost(request)).rejects.toMatchObject(refusal)
      const { id } = await approved()
      await expect(service.updatePost({ ...right, ...wrong, id })).rejects.toMatchObject(refusal)
    })

    test('takes the longest texts', async () => {
      const longest = { title: '\u{1F41F}'.repeat(20), content: '\u{1F41F}'.repeat(2000), fishTypes: [...fishTypes] }
      expect(await reloaded((await approved(longest)).id)).toMatchObject(longest)
    })

    test('lets 200 who apply at once for the last place have one', async () => {
      const { id: postId } = await approved({ maxApply: 1 })
      const tries = await Promise.allSettled(
        Array.from({ length: 200 }, () => service.createApplication({ postId, userId: randomUuid(), key: '' })),
      )
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const codes = new Set(tries.flatMap((tried) => (tried.status === 'rejected' ? [tried.reason.code] : [])))
      expect([...codes]).toEqual(['full'])
      expect((await service.getApplications({ postIds: [postId] })).applications).toHaveLength(1)
      expect((await reloaded(postId)).placesLeft).toBe(0)
      expect(await eventsOf(postId)).toHaveLength(3)
    })

    test('lets a user apply once, withdraw once and apply again, each of them at once', async () => {
      const { id: postId } = await approved({ maxApply: 3 })
      const userId = randomUuid()
      const request = { postId, userId }
      const won = async (call: () => Promise<unknown>) => {
        const tries = await Promise.allSettled([call(), call(), call()])
        return tries.filter(({ status }) => status === 'fulfilled').length
      }
      for (let round = 0; round < 2; round++) {
        expect(await won(() => service.createApplication({ ...request, key: '' }))).toBe(1)
        expect((await reloaded(postId)).placesLeft).toBe(2)
        expect(await won(() => service.deleteApplication(request))).toBe(1)
        expect((await reloaded(postId)).placesLeft).toBe(3)
      }
      expect((await service.getApplications({ postIds: [postId] })).applications).toEqual([])
      const told = (await eventsOf(postId))
        .slice(2)
        .map(({ type, payload }) => [type, 'turn' in payload && payload.turn])
      expect(told).toEqual([
        ['application-created', 1],
        ['application-withdrawn', 1],
        ['application-created', 2],
        ['application-withdrawn', 2],
      ])
      await expect(service.deleteApplication(request)).rejects.toMatchObject({ code: 'not-found' })
      for (const [name, wrong] of [
        ['postId', { ...request, postId: 'x' }],
        ['userId', { ...request, userId: 'X' }],
      ] as const) {
        const refusal = { code: 'invalid', message: `${name} is no UUID in lower case` }
        await expect(service.createApplication({ ...wrong, key: '' })).rejects.toMatchObject(refusal)
        await expect(service.deleteApplication(wrong)).rejects.toMatchObject(refusal)
      }
    })

    test('says why one cannot apply', async () => {
      const post = await approved({ maxApply: 1 })
      const apply = (postId: string, userId = randomUuid()) => service.createApplication({ postId, userId, key: '' })
      await expect(apply(post.id, post.userId)).rejects.toMatchObject({ code: 'wrong-state' })
      await expect(apply(randomUuid())).rejects.toMatchObject({ code: 'not-found' })
      const { post: pending } = await service.createPost({ ...right, userId: randomUuid(), id: '' })
      await expect(apply(pending.id)).rejects.toMatchObject({ code: 'wrong-state' })
      try {
        now = post.meetingAt
        await expect(apply(post.id)).rejects.toMatchObject({ code: 'wrong-state', message: 'The meeting is over' })
      } finally {
        now = start
      }
      const first = randomUuid()
      await apply(post.id, first)
      await expect(apply(post.id)).rejects.toMatchObject({ code: 'full' })
    })

    test('tells whoever has the last place that they have it, also where they ask for it many times at once', async () => {
      const { id: postId } = await approved({ maxApply: 1 })
      const userId = randomUuid()
      const tries = await Promise.allSettled(
        Array.from({ length: 50 }, () => service.createApplication({ postId, userId, key: '' })),
      )
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const tried of tries) if (tried.status === 'rejected') expect(tried.reason).toMatchObject({ code: 'taken' })
      const again = (who: string) => service.createApplication({ postId, userId: who, key: '' })
      await expect(again(userId)).rejects.toMatchObject({ code: 'taken', message: 'You have applied already' })
      await expect(again(randomUuid())).rejects.toMatchObject({ code: 'full' })
    })

    test('keeps as many places as have applied', async () => {
      const { id } = await approved({ maxApply: 3 })
      for (let n = 0; n < 2; n++) await service.createApplication({ postId: id, userId: randomUuid(), key: '' })
      await expect(service.updatePost({ ...right, id, maxApply: 1 })).rejects.toMatchObject({ code: 'wrong-state' })
      expect(await service.updatePost({ ...right, id, maxApply: 2, title: 'B' })).toMatchObject({
        title: 'B',
        maxApply: 2,
        placesLeft: 0,
      })
      await Promise.all([2, 3, 4, 5].map((maxApply) => service.updatePost({ ...right, id, maxApply })))
      const { maxApply, placesLeft } = await reloaded(id)
      expect(maxApply - placesLeft).toBe(2)
    })

    test('deletes a post once', async () => {
      const { id, userId } = await approved()
      const tries = await Promise.allSettled([service.deletePost({ id }), service.deletePost({ id })])
      expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect((await service.getPosts({ ids: [id] })).posts).toEqual([])
      expect((await service.listPosts({ ...everything, userId })).edges).toEqual([])
      expect((await eventsOf(id)).map(({ type }) => type)).toEqual(['post-created', 'post-approved', 'post-deleted'])
    })

    const none = '00000000-0000-4000-8000-000000000000'
    test.each(['x', 'm:123', "c:' OR 1=1", 'c:NaN', `c:-0-${none}`, `m:NaN-${none}`, `m:-0-${none}`, `m:1e3-${none}`])(
      'refuses %j as a cursor',
      async (text) => {
        const after = text === 'x' ? text : Buffer.from(text).toString('base64url')
        for (const orderBy of ['created', 'meeting'] as const)
          await expect(service.listPosts({ ...everything, orderBy, after })).rejects.toMatchObject({ code: 'invalid' })
      },
    )

    describe('with many posts', () => {
      const owner = randomUuid()
      const all: Post[] = []

      beforeAll(async () => {
        for (let n = 0; n < 40; n++) {
          const post = await approved(
            {
              prefecture: 1 + (n % 3),
              spotType: spotTypes[n % spotTypes.length] as string,
              fishTypes: [fishTypes[n % 7] as string, fishTypes[7 + (n % 3)] as string],
              // Some meet at the same time.
              meetingAt: start + dayMs * (1 + ((n * 7) % 10)),
              maxApply: 1 + (n % 2),
            },
            owner,
          )
          if (n % 4 === 0) await service.createApplication({ postId: post.id, userId: randomUuid(), key: '' })
          all.push(await reloaded(post.id))
        }
      })

      test('pages through whatever is asked for without leaving out or repeating one', async () => {
        const filters = fc.record({
          first: fc.integer({ min: 1, max: 50 }),
          orderBy: fc.constantFrom('created' as const, 'meeting' as const),
          descending: fc.boolean(),
          prefecture: fc.constantFrom(0, 0, 1, 2, 3),
          spotType: fc.constantFrom('', '', ...spotTypes),
          fishTypes: fc.uniqueArray(fc.constantFrom(...fishTypes), { maxLength: 3 }),
          meetingFrom: fc.constantFrom(0, start + 3 * dayMs),
          meetingTo: fc.constantFrom(0, start + 8 * dayMs),
          openOnly: fc.boolean(),
        })
        await fc.assert(
          fc.asyncProperty(filters, async (filter) => {
            const expected = all
              .filter(
                (post) =>
                  (filter.prefecture === 0 || post.prefecture === filter.prefecture) &&
                  (filter.spotType === '' || post.spotType === filter.spotType) &&
                  (filter.fishTypes.length === 0 || filter.fishTypes.some((fish) => post.fishTypes.includes(fish))) &&
                  post.meetingAt >= filter.meetingFrom &&
                  (filter.meetingTo === 0 || post.meetingAt <= filter.meetingTo) &&
                  (!filter.openOnly || post.placesLeft > 0),
              )
              .sort((a, b) => (filter.orderBy === 'meeting' ? a.meetingAt - b.meetingAt : 0) || (a.id < b.id ? -1 : 1))
            if (filter.descending) expected.reverse()
            const seen: string[] = []
            for (let after = ''; ;) {
              const page = await service.listPosts({ ...everything, ...filter, userId: owner, after })
              seen.push(...page.edges.map(({ post }) => post.id))
              expect(page.edges.length === filter.first || !page.hasNextPage).toBe(true)
              if (!page.hasNextPage) break
              after = page.edges.at(-1)!.cursor
            }
            expect(seen).toEqual(expected.map(({ id }) => id))
          }),
          { numRuns: 40 },
        )
      })

      test('tells who has applied for all posts of a page at once', async () => {
        const { applications } = await service.getApplications({ postIds: all.map(({ id }) => id) })
        expect(applications).toHaveLength(10)
        const left = await place.database.store.find(posts, { user_id: owner })
        expect(left.reduce((sum, row) => sum + row.max_apply - row.places_left, 0)).toBe(10)
      })
    })
  })
}
