import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noCache } from '../../../../src/lib/adapters/cache/cache.ts'
import { createMemoryPubSub } from '../../../../src/lib/adapters/pubsub/pubsub.ts'
import { createAnnouncer } from '../../../../src/lib/workloads/meetups/chat/announcements.ts'
import { createChat } from '../../../../src/lib/workloads/meetups/chat/service.ts'
import { createPostService } from '../../../../src/lib/workloads/meetups/post/service.ts'
import { RpcError } from '../../../../src/lib/workloads/meetups/rpc/errors.ts'
import { createUserService } from '../../../../src/lib/workloads/meetups/user/service.ts'
import { createSigner, createUsedTokens } from '../../../../src/lib/workloads/meetups/user/tokens.ts'
import { testEngines } from '../../../support/database/engines.ts'
import { createMeetupDatabase, type MeetupDatabase } from '../../../support/meetups/meetup-database.ts'

/** An address that test networks have. */
const caller = '192.0.2.1'

const password = 'carp-and-trout'

/** Letters that become more, fewer or others where they are composed or put in lower case, and some that are none. */
const letters = fc.constantFrom(
  'a',
  'A',
  '\u0130',
  '\u0958',
  '\u1F80',
  '\u03A3',
  'e\u0301',
  '\u{1F41F}',
  '\u{1D160}',
  'ß',
  ' ',
  '\u00A0',
  '\uFB2C',
  '\0',
  '\ud800',
  '\uFFFE',
  '\u{10FFFF}',
)
const textUpTo = (max: number) =>
  fc.oneof(
    fc.array(letters, { maxLength: 20 }).map((parts) => parts.join('')),
    // Just within, and just beyond.
    fc.tuple(letters, fc.integer({ min: max - 3, max: max + 1 })).map(([letter, count]) => letter.repeat(count)),
  )

for (const { name: engine, open } of testEngines.filter(({ name }) =>
  ['sqlite', 'mariadb', 'postgres'].includes(name),
)) {
  describe.skipIf(open === null)(`texts on ${engine}`, () => {
    let place: MeetupDatabase
    let users: ReturnType<typeof createUserService>
    let posts: ReturnType<typeof createPostService>
    let chat: ReturnType<typeof createChat>

    beforeAll(async () => {
      place = await createMeetupDatabase(open!)
      const { store } = place.database
      users = createUserService(store, await createSigner(store), createUsedTokens(noCache))
      posts = createPostService(store)
      const pubsub = createMemoryPubSub()
      chat = createChat(
        store,
        pubsub,
        createAnnouncer(pubsub, () => {}),
      )
    })
    afterAll(() => place[Symbol.asyncDispose]())

    /** Either it is stored, or the service itself says no: never the database. */
    async function expectDecided(work: Promise<unknown>): Promise<void> {
      const error = await work.then(
        () => null,
        (reason: unknown) => reason,
      )
      if (error !== null) expect(error).toBeInstanceOf(RpcError)
      if (error !== null) expect(['invalid', 'taken', 'unauthenticated']).toContain((error as RpcError).code)
    }

    test('refuses an address that becomes too long in lower case, and one that is too long composed', async () => {
      for (const part of ['\u0130', '\u0958']) {
        const email = `${part.repeat(200)}@example.org`
        await expect(users.createUser({ email, name: 'A', password, caller })).rejects.toMatchObject({
          code: 'invalid',
          message: 'email has 412 characters instead of 3 to 254',
        })
      }
    })

    test('takes an address for the same however it is written', async () => {
      const id = randomUUID()
      const { user } = await users.createUser({
        email: ` Ame\u0301lie-${id}@Example.org\n`,
        name: ' A ',
        password,
        caller,
      })
      expect(user).toMatchObject({ email: `Am\u00E9lie-${id}@Example.org`, name: 'A' })
      for (const email of [`am\u00E9lie-${id}@example.org`, `AME\u0301LIE-${id}@EXAMPLE.ORG `]) {
        expect((await users.login({ email, password, caller })).user.id).toBe(user.id)
        await expect(users.createUser({ email, name: 'B', password, caller })).rejects.toMatchObject({ code: 'taken' })
      }
    })

    test('measures what is stored: composed, in characters, without spaces around a line', async () => {
      const { user } = await users.createUser({
        email: `${randomUUID()}@example.org`,
        name: 'e\u0301'.repeat(50),
        password,
        caller,
      })
      expect(user.name).toBe('\u00E9'.repeat(50))
      const changed = { id: user.id, name: '\u{1F41F}'.repeat(50), introduction: '\u{1F41F}'.repeat(500) }
      expect(await users.updateUser(changed)).toMatchObject(changed)
      await expect(users.updateUser({ ...changed, name: '  ' })).rejects.toMatchObject({ code: 'invalid' })
      await expect(users.updateUser({ ...changed, name: '\u0958'.repeat(26) })).rejects.toMatchObject({
        message: 'name has 52 characters instead of 1 to 50',
      })
    })

    test('takes a password of 72 characters however it is typed', async () => {
      const email = `${randomUUID()}@example.org`
      await users.createUser({ email, name: 'A', password: 'o\u0302\u0323'.repeat(72), caller })
      expect((await users.login({ email, password: '\u1ED9'.repeat(72), caller })).user.email).toBe(email)
    })

    test('stores whatever it takes, and refuses the rest itself', async () => {
      const { user } = await users.createUser({ email: `${randomUUID()}@example.org`, name: 'A', password, caller })
      const postId = randomUUID()
      await chat.createRoom({ postId, ownerId: user.id })
      const text = { prefecture: 1, spotType: 'LAKE', fishTypes: ['CARP'], meetingAt: Date.now() + 1e6, maxApply: 1 }
      await fc.assert(
        fc.asyncProperty(
          textUpTo(254),
          textUpTo(50),
          textUpTo(20),
          textUpTo(1000),
          async (email, name, title, body) => {
            // A login hashes a password only where the address has been read.
            await expectDecided(users.login({ email: `${email}@x`, password: '', caller }))
            await expectDecided(users.updateUser({ id: user.id, name, introduction: body.slice(0, 500) }))
            await expectDecided(posts.createPost({ ...text, userId: user.id, id: '', title, content: body }))
            await expectDecided(chat.createMessage({ roomId: postId, userId: user.id, body, key: title }))
          },
        ),
        { numRuns: 40 },
      )
      await fc.assert(
        fc.asyncProperty(textUpTo(254), textUpTo(50), async (part, name) => {
          await expectDecided(users.createUser({ email: `${part.slice(0, -2)}@x`, name, password, caller }))
        }),
        { numRuns: 15 },
      )
    })
  })
}
