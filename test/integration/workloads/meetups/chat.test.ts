import fc from 'fast-check'
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openPubSub } from '../../../../src/lib/adapters/pubsub/pubsub.ts'
import type { PubSub } from '../../../../src/lib/ports/pubsub.ts'
import { createAnnouncer, type Announcer } from '../../../../src/lib/workloads/meetups/chat/announcements.ts'
import type { ChatService } from '../../../../src/lib/workloads/meetups/chat/contract.ts'
import { handleEvents } from '../../../../src/lib/workloads/meetups/chat/rooms.ts'
import { createChat } from '../../../../src/lib/workloads/meetups/chat/service.ts'
import { messages } from '../../../../src/lib/workloads/meetups/chat/tables.ts'
import type { MeetupEvent } from '../../../../src/lib/workloads/meetups/events.ts'
import { startPrivateService } from '../../../support/private-service.ts'
import { findService } from '../../../support/services.ts'
import { createMeetupBackends, type MeetupBackends } from '../../../support/meetups/meetup-backends.ts'
import { meetupEngines } from '../../../support/meetups/meetup-database.ts'

const redis = await findService('redis')

/** A process of the chat, as far as others notice. */
interface Process {
  readonly chat: ChatService
  readonly announcer: Announcer
  readonly pubsub: PubSub
}

/** Somebody who has applied, or withdrawn. */
function turnOf(postId: string, userId: string, turn: number, joined: boolean): MeetupEvent {
  const type = joined ? 'application-created' : 'application-withdrawn'
  return { id: randomUUID(), type, aggregate: postId, at: 0, payload: { postId, userId, turn } }
}

for (const engine of meetupEngines) {
  describe.skipIf(engine.open === null)(`the chat on ${engine.name}`, () => {
    let place: MeetupBackends
    let opened: AsyncDisposable[]
    let errors: Error[]
    let room: string
    let owner: string

    beforeEach(async () => {
      place = await createMeetupBackends(engine.open!)
      opened = []
      errors = []
      room = randomUUID()
      owner = randomUUID()
    })

    afterEach(async () => {
      for (const one of opened) await one[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    })

    async function start(cache: string | PubSub): Promise<Process> {
      const pubsub = typeof cache === 'string' ? await openPubSub(cache) : cache
      const { store } = place.database
      const announcer = createAnnouncer(pubsub, (error) => errors.push(error))
      opened.push({
        async [Symbol.asyncDispose]() {
          await announcer.close()
          await pubsub[Symbol.asyncDispose]()
        },
      })
      return { chat: createChat(store, pubsub, announcer), announcer, pubsub }
    }

    const handle = ({ announcer }: Process, ...events: readonly MeetupEvent[]) =>
      handleEvents(place.database.store, events, announcer.announceChange)

    async function openRoom(process: Process, ...others: readonly string[]): Promise<void> {
      await process.chat.createRoom({ postId: room, ownerId: owner })
      await handle(process, ...others.map((user) => turnOf(room, user, 1, true)))
    }

    const say = ({ chat }: Process, body: string, userId = owner, key = '') =>
      chat.createMessage({ roomId: room, userId, body, key })

    /** Follows the room, and writes down what comes; `ready` once the subscription is there. */
    async function follow({ chat }: Process, userId = owner, after = '') {
      const bodies: string[] = []
      const stop = new AbortController()
      const ready = Promise.withResolvers<void>()
      let cursor = after
      const read = async () => {
        for await (const event of chat.subscribe({ roomId: room, userId, after }, stop.signal)) {
          ready.resolve()
          cursor = event.cursor
          if (event.message) bodies.push(event.message.body)
        }
      }
      const ended = read()
      ended.catch(ready.reject)
      opened.unshift({
        async [Symbol.asyncDispose]() {
          stop.abort()
          await ended.catch(() => {})
        },
      })
      await ready.promise
      return { bodies, ended, cursor: () => cursor, stop: () => (stop.abort(), ended) }
    }

    it('has one room a post, however often it is made, with its owner as the first member', async () => {
      const process = await start('memory')
      const request = { postId: room, ownerId: owner }
      const made = await Promise.all(Array.from({ length: 5 }, () => process.chat.createRoom(request)))
      expect(new Set(made.map(({ createdAt }) => createdAt)).size).toBe(1)
      const guest = randomUUID()
      await handle(process, turnOf(room, guest, 1, true))
      const { members } = await process.chat.getMembers({ roomIds: [room, randomUUID()] })
      expect(members.map(({ userId }) => userId)).toEqual([owner, guest])
      expect(await process.chat.getRooms({ roomIds: [room, randomUUID()] })).toMatchObject({
        rooms: [{ id: room, ownerId: owner }],
      })
    })

    it('does not make a room that was closed, before it was made or after', async () => {
      const { chat } = await start('memory')
      const other = randomUUID()
      await chat.closeRoom({ roomId: room })
      await chat.createRoom({ postId: other, ownerId: owner })
      await chat.createMessage({ roomId: other, userId: owner, body: 'hello', key: '' })
      for (let n = 0; n < 2; n++) await chat.closeRoom({ roomId: other })
      for (const postId of [room, other]) {
        await expect(chat.createRoom({ postId, ownerId: owner })).rejects.toMatchObject({ code: 'wrong-state' })
      }
      expect(await chat.getRooms({ roomIds: [room, other] })).toEqual({ rooms: [] })
      expect(await chat.getMembers({ roomIds: [other] })).toEqual({ members: [] })
      expect(await place.database.store.count(messages)).toBe(0)
    })

    it('numbers messages of several processes without a gap, and stores one key once', async () => {
      const processes = [await start('memory'), await start('memory')]
      const guest = randomUUID()
      await openRoom(processes[0]!, guest)
      const keyed = Array.from({ length: 60 }, (_, n) => ({ user: n % 2 ? owner : guest, key: `key ${n >> 2}` }))
      const answers = await Promise.all(
        keyed.map(({ user, key }, n) => say(processes[(n >> 1) % 2]!, `message ${key}`, user, key)),
      )
      // Each key comes from both users, and from each of them twice.
      expect(new Set(answers.map(({ id }) => id)).size).toBe(30)
      for (const [n, answer] of answers.entries()) {
        expect(answer).toMatchObject({ userId: keyed[n]!.user, key: keyed[n]!.key, body: `message ${keyed[n]!.key}` })
      }
      const stored = await place.database.store.find(messages, { room_id: room }, { orderBy: ['position'] })
      expect(stored.map(({ position }) => position)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1))
    })

    it('refuses what is no message, and who is no member', async () => {
      const process = await start('memory')
      const stranger = randomUUID()
      await openRoom(process)
      for (const body of ['', 'x'.repeat(1001), 'a\0b', 'half \ud83c']) {
        await expect(say(process, body)).rejects.toMatchObject({ code: 'invalid' })
      }
      await expect(say(process, 'x', owner, 'k'.repeat(101))).rejects.toMatchObject({ code: 'invalid' })
      // Beside one who may, in the same commit.
      const both = [say(process, 'x', stranger), say(process, 'x')]
      await expect(both[0]).rejects.toMatchObject({ code: 'forbidden' })
      expect(await both[1]).toMatchObject({ body: 'x' })
      const elsewhere = { roomId: randomUUID(), userId: owner, body: 'x', key: '' }
      await expect(process.chat.createMessage(elsewhere)).rejects.toMatchObject({ code: 'not-found' })
      await expect(follow(process, stranger)).rejects.toMatchObject({ code: 'forbidden' })
      const page = { roomId: room, userId: stranger, first: 1, before: '' }
      await expect(process.chat.listMessages(page)).rejects.toMatchObject({ code: 'forbidden' })
    })

    it('shows messages in pages, the newest first', async () => {
      const process = await start('memory')
      await openRoom(process)
      for (let n = 1; n <= 5; n++) await say(process, String(n))
      const pages: string[][] = []
      for (let before = '', more = true; more;) {
        const page = await process.chat.listMessages({ roomId: room, userId: owner, first: 2, before })
        pages.push(page.messages.map(({ body }) => body))
        before = page.messages.at(-1)!.id
        more = page.hasNextPage
      }
      expect(pages).toEqual([['5', '4'], ['3', '2'], ['1']])
      for (const wrong of [{ first: 0 }, { first: 101 }, { before: randomUUID() }]) {
        const request = { roomId: room, userId: owner, first: 1, before: '', ...wrong }
        await expect(process.chat.listMessages(request)).rejects.toMatchObject({ code: 'invalid' })
      }
    })

    it('brings every message to each subscriber, in order, and what was missed to one that comes back', async () => {
      const process = await start('memory')
      const guest = randomUUID()
      await openRoom(process, guest)
      await say(process, 'before')
      const [one, two] = [await follow(process), await follow(process, guest)]
      await Promise.all(Array.from({ length: 20 }, (_, n) => say(process, `m${n}`)))
      await expect.poll(() => [one.bodies.length, two.bodies.length]).toEqual([20, 20])
      expect(one.bodies).toEqual(two.bodies)
      expect(one.bodies).not.toContain('before')
      await one.stop()
      await say(process, 'missed')
      const back = await follow(process, owner, one.cursor())
      await say(process, 'new')
      await expect.poll(() => back.bodies).toEqual(['missed', 'new'])
      const all = await follow(process, owner, '0')
      await expect.poll(() => all.bodies.length).toBe(23)
    })

    it('reads what announcements leave out, and is not led astray by what is none', async () => {
      const process = await start('memory')
      await openRoom(process)
      const follower = await follow(process)
      const deaf = await start('memory')
      await say(deaf, 'unheard')
      for (const text of ['{', 'null', '{"position":7}']) await process.pubsub.publish(`meetup-room:${room}`, text)
      await expect.poll(() => follower.bodies).toEqual(['unheard'])
      await say(deaf, 'unheard, too')
      await say(process, 'heard')
      await expect.poll(() => follower.bodies).toEqual(['unheard', 'unheard, too', 'heard'])
    })

    it('ends the subscription of who has withdrawn, and all of them when the room is closed', async () => {
      const process = await start('memory')
      const guest = randomUUID()
      await openRoom(process, guest)
      const [owners, guests] = [await follow(process), await follow(process, guest)]
      await handle(process, turnOf(room, guest, 1, false))
      await expect(guests.ended).rejects.toMatchObject({ code: 'forbidden' })
      await say(process, 'still here')
      await expect.poll(() => owners.bodies).toEqual(['still here'])
      await handle(process, {
        id: randomUUID(),
        type: 'post-deleted',
        aggregate: room,
        at: 0,
        payload: { postId: room },
      })
      await expect(owners.ended).rejects.toMatchObject({ code: 'not-found' })
    })

    it('settles who is in by the latest turn, in whatever order and however often events come', async () => {
      const process = await start('memory')
      await openRoom(process)
      const turns = fc.integer({ min: 1, max: 3 }).chain((last) => {
        const history = Array.from({ length: last }, (_, n) => [
          { turn: n + 1, joined: true },
          { turn: n + 1, joined: false },
        ]).flat()
        return fc
          .integer({ min: 1, max: history.length })
          .map((length) => history.slice(0, length))
          .chain((known) =>
            fc.record({
              isIn: fc.constant(known.at(-1)!.joined),
              seen: fc
                .array(fc.constantFrom(...known), { maxLength: 3 })
                .chain((again) =>
                  fc.shuffledSubarray([...known, ...again], { minLength: known.length + again.length }),
                ),
            }),
          )
      })
      const property = fc.asyncProperty(turns, async ({ isIn, seen }) => {
        const user = randomUUID()
        await handle(process, ...seen.map(({ turn, joined }) => turnOf(room, user, turn, joined)))
        const { members } = await process.chat.getMembers({ roomIds: [room] })
        expect(members.some(({ userId }) => userId === user)).toBe(isIn)
      })
      await fc.assert(property, { numRuns: 40 })
    })

    it.skipIf(redis === null)('brings messages to subscribers of other processes', async () => {
      const [one, other] = [await start(redis!), await start(redis!)]
      await openRoom(one)
      const followers = [await follow(one), await follow(other)]
      await Promise.all(Array.from({ length: 10 }, (_, n) => say(n % 2 ? one : other, `m${n}`)))
      await expect.poll(() => followers.map(({ bodies }) => bodies.length)).toEqual([10, 10])
      expect(followers[0]!.bodies).toEqual(followers[1]!.bodies)
    })
  })
}

describe('the chat while Redis is away', () => {
  it('stores messages, and brings them to subscribers of other processes once it is back', async () => {
    await using server = await startPrivateService('redis')
    if (!server) return
    await using place = await createMeetupBackends(meetupEngines[0]!.open!)
    const { store } = place.database
    const errors: Error[] = []
    const processes = await Promise.all(
      Array.from({ length: 2 }, async () => {
        const pubsub = await openPubSub(server.url)
        const announcer = createAnnouncer(pubsub, (error) => errors.push(error))
        return { pubsub, announcer, chat: createChat(store, pubsub, announcer) }
      }),
    )
    const [one, other] = processes.map(({ chat }) => chat) as [ChatService, ChatService]
    const [roomId, userId] = [randomUUID(), randomUUID()]
    await one.createRoom({ postId: roomId, ownerId: userId })
    const bodies: string[] = []
    const stop = new AbortController()
    const ready = Promise.withResolvers<void>()
    const read = async () => {
      for await (const { message } of other.subscribe({ roomId, userId, after: '' }, stop.signal)) {
        if (message) bodies.push(message.body)
        ready.resolve()
      }
    }
    const reading = read()
    await ready.promise
    await server.kill()
    for (const body of ['1', '2']) await one.createMessage({ roomId, userId, body, key: '' })
    expect(bodies).toEqual([])
    expect(errors).toMatchObject([{ code: 'cache-unreachable' }])
    await server.start()
    await expect.poll(() => bodies, { timeout: 20_000 }).toEqual(['1', '2'])
    await one.createMessage({ roomId, userId, body: '3', key: '' })
    await expect.poll(() => bodies, { timeout: 20_000 }).toEqual(['1', '2', '3'])
    stop.abort()
    await reading
    for (const { pubsub, announcer } of processes) {
      await announcer.close()
      await pubsub[Symbol.asyncDispose]()
    }
  })
})
