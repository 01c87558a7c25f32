import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Subscription } from '../../../support/meetups/graphql.ts'
import { startMeetups, type Meetups } from '../../../support/meetups/gateway.ts'
import { createPeople, createPost, inADay, type People } from '../../../support/meetups/gateway-users.ts'
import { meetupEngines } from '../../../support/meetups/meetup-database.ts'

for (const { name: engine, open } of meetupEngines) {
  describe.skipIf(open === null)(`the gateway on ${engine}`, () => {
    let meetups: Meetups
    let people: People

    beforeAll(async () => {
      meetups = await startMeetups(open!)
      people = createPeople(meetups)
    })
    afterAll(() => meetups[Symbol.asyncDispose]())

    describe('with a room', () => {
      const say =
        'mutation ($roomId: ID!, $body: String!, $key: String) { createMessage(roomId: $roomId, body: $body, key: $key) { id user { name } } }'
      const room =
        'query ($roomId: ID!) { room(id: $roomId) { post { id } members { user { id } } messages(first: 2) { messages { body user { id } } hasNextPage } } }'

      /** A room with its owner and a guest. */
      async function openRoom() {
        const [owner, guest] = [await people.newUser(), await people.newUser()]
        const roomId = await people.newPost(owner.idToken)
        await people.approved(roomId, owner.idToken)
        const apply = 'mutation ($postId: ID!) { createApplyPost(postId: $postId) { id } }'
        await meetups.ask(apply, { postId: roomId }, guest.idToken)
        await expect.poll(() => people.codesOf(room, { roomId }, guest.idToken), { timeout: 20_000 }).toEqual([200])
        return { owner, guest, roomId }
      }

      test('shows it to its members alone', async () => {
        const { owner, guest, roomId } = await openRoom()
        const stranger = await people.newUser()
        expect(await people.codesOf(room, { roomId })).toEqual([200, 'unauthenticated'])
        expect(await people.codesOf(room, { roomId }, stranger.idToken)).toEqual([200, 'forbidden'])
        expect(await people.codesOf(say, { roomId, body: 'Hallo' }, stranger.idToken)).toEqual([200, 'forbidden'])
        const nowhere = '00000000-0000-4000-8000-000000000000'
        expect((await meetups.ask(room, { roomId: nowhere }, owner.idToken)).data).toEqual({ room: null })
        for (const body of ['one', 'two', 'three']) await meetups.ask(say, { roomId, body }, guest.idToken)
        expect((await meetups.ask(room, { roomId }, owner.idToken)).data.room).toEqual({
          post: { id: roomId },
          members: [{ user: { id: owner.id } }, { user: { id: guest.id } }],
          messages: {
            messages: [
              { body: 'three', user: { id: guest.id } },
              { body: 'two', user: { id: guest.id } },
            ],
            hasNextPage: true,
          },
        })
      })

      test('gives each message to those who subscribed, with who said it', async () => {
        const { owner, guest, roomId } = await openRoom()
        const added = `subscription { messageAdded(roomId: "${roomId}") { id body user { name } } }`
        await using one = await meetups.subscribe(added, owner.idToken)
        await using other = await meetups.subscribe(added, guest.idToken)
        const key = 'the same'
        // A subscription has no answer of its own that says that it began: it has when a message comes.
        const said = await untilSeen(one, async (n) => meetups.ask(say, { roomId, body: `Hallo ${n}` }, guest.idToken))
        expect(said.messageAdded.user.name).toMatch(/^User /)
        await untilSeen(other, async (n) => meetups.ask(say, { roomId, body: `Hello ${n}` }, guest.idToken))
        const ids = []
        for (let n = 0; n < 2; n++)
          ids.push((await meetups.ask(say, { roomId, body: 'Bye', key }, guest.idToken)).data.createMessage.id)
        expect(ids[0]).toBe(ids[1])
        for (const seen of [one.seen, other.seen]) {
          const byes = () => seen.filter(({ data }) => data?.messageAdded.body === 'Bye').length
          await expect.poll(byes, { timeout: 10_000 }).toBe(1)
        }
      })

      test('begins behind a message, so that nothing is missed that was said before it began', async () => {
        const { owner, guest, roomId } = await openRoom()
        const ids: string[] = []
        for (const body of ['one', 'two', 'three'])
          ids.push((await meetups.ask(say, { roomId, body }, guest.idToken)).data.createMessage.id)
        const added = (after: string) =>
          `subscription { messageAdded(roomId: "${roomId}", after: "${after}") { body user { name } } }`
        await using one = await meetups.subscribe(added(ids[0]!), owner.idToken)
        const bodies = () => one.seen.map(({ data }) => data.messageAdded.body)
        await expect.poll(bodies, { timeout: 10_000 }).toEqual(['two', 'three'])
        await meetups.ask(say, { roomId, body: 'four' }, guest.idToken)
        await expect.poll(bodies, { timeout: 10_000 }).toEqual(['two', 'three', 'four'])
        const stranger = await people.newUser()
        await using refused = await meetups.subscribe(added(ids[0]!), stranger.idToken)
        await using wrong = await meetups.subscribe(added(roomId), owner.idToken)
        await expect.poll(() => refused.errors.length + wrong.errors.length, { timeout: 10_000 }).toBe(2)
        expect(JSON.stringify(refused.errors)).toContain('You are no member of this room')
        expect(JSON.stringify(wrong.errors)).toContain('after is no message of this room')
      })

      test('refuses a subscription of who is no member, or asks for what there is not', async () => {
        const { guest, roomId } = await openRoom()
        const stranger = await people.newUser()
        const added = `subscription { messageAdded(roomId: "${roomId}") { id } }`
        await using refused = await meetups.subscribe(added, stranger.idToken)
        await expect.poll(() => refused.errors.length, { timeout: 10_000 }).toBe(1)
        await using wrong = await meetups.subscribe(added.replace('{ id }', '{ password }'), guest.idToken)
        await expect.poll(() => wrong.errors.length, { timeout: 10_000 }).toBe(1)
        expect([...refused.seen, ...wrong.seen]).toEqual([])
      })

      async function untilSeen(subscription: Subscription, act: (n: number) => Promise<unknown>) {
        for (let n = 0; subscription.seen.length === 0 && n < 200; n++) {
          await act(n)
          await sleep(20)
        }
        return subscription.seen[0]!.data
      }
    })

    test('tells the owner what becomes of a post', async () => {
      const [owner, other] = [await people.newUser(), await people.newUser()]
      const input = {
        title: 'Eel at dusk',
        content: 'x',
        prefecture: 1,
        spotType: 'SEA',
        fishTypes: ['EEL'],
        meetingAt: inADay(),
        maxApply: 1,
      }
      const { data } = await meetups.ask(createPost, { input }, owner.idToken)
      const result = `subscription { createPostResult(sagaId: "${data.createPost.sagaId}") { sagaId step reason } }`
      await using followed = await meetups.subscribe(result, owner.idToken)
      const last = () => followed.seen.at(-1)?.data?.createPostResult.step
      await expect.poll(last, { timeout: 20_000 }).toBe('APPROVED')
      await using refused = await meetups.subscribe(result, other.idToken)
      await expect.poll(() => refused.errors.length, { timeout: 10_000 }).toBe(1)
      expect(refused.seen).toEqual([])
    })

    test('keeps what went wrong inside from its clients', async () => {
      expect(meetups.errors).toEqual([])
    })
  })
}
