import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Cache } from '../../../../src/lib/ports/cache.ts'
import { createMemoryCache, openCache } from '../../../../src/lib/adapters/cache/cache.ts'
import type { Store } from '../../../../src/lib/ports/database.ts'
import type { UserService } from '../../../../src/lib/workloads/meetups/user/contract.ts'
import { createUserService } from '../../../../src/lib/workloads/meetups/user/service.ts'
import { logins } from '../../../../src/lib/workloads/meetups/user/tables.ts'
import { createSigner, createUsedTokens } from '../../../../src/lib/workloads/meetups/user/tokens.ts'
import { startPrivateService } from '../../../support/private-service.ts'
import { borrowDatabase } from '../../../support/database/redis-databases.ts'
import { findService } from '../../../support/services.ts'
import { createMeetupDatabase, meetupEngines, type MeetupDatabase } from '../../../support/meetups/meetup-database.ts'

/** An address that test networks have. */
const caller = '192.0.2.1'

const redis = await findService('redis')
const refused = { code: 'unauthenticated', message: expect.stringContaining('its login has ended') }

let place: MeetupDatabase
/** Logins that were looked for in the tables. */
let looks: number

beforeEach(async () => {
  place = await createMeetupDatabase(meetupEngines[0]!.open!)
  looks = 0
})
afterEach(() => place[Symbol.asyncDispose]())

/** A user service, as each process has its own, on the same tables. */
async function startService(cache: Cache): Promise<UserService> {
  const { store } = place.database
  const watched: Store = {
    ...store,
    find: (table, ...rest) => {
      if (table.name === logins.name) looks++
      return store.find(table, ...rest)
    },
  }
  return createUserService(watched, await createSigner(store), createUsedTokens(cache))
}

async function signUp(service: UserService) {
  const { tokens } = await service.createUser({ email: 'a@example.org', name: 'A', password: 'carp-and-trout', caller })
  return tokens
}

/** What both processes say of a token that was used at one of them. */
async function expectRefusedThroughCache(one: UserService, other: UserService): Promise<void> {
  const first = await signUp(one)
  const second = await one.refreshIdToken(first)
  expect(looks).toBe(1)
  await expect(other.refreshIdToken(first)).rejects.toMatchObject(refused)
  expect(looks).toBe(1)
  // Whoever holds the newer one may be the thief.
  await expect(one.refreshIdToken(second)).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(await place.database.store.find(logins, {})).toEqual([])
}

describe('a refresh token that comes again', () => {
  it('is refused by the cache of the process, without a look at the tables', async () => {
    const service = await startService(createMemoryCache())
    await expectRefusedThroughCache(service, service)
  })

  it.skipIf(redis === null)('is refused through Redis by another process, without a look at the tables', async () => {
    const lent = await borrowDatabase(redis!)
    const caches = [await openCache(lent.url), await openCache(lent.url)] as const
    await expectRefusedThroughCache(await startService(caches[0]), await startService(caches[1]))
    for (const cache of caches) await cache[Symbol.asyncDispose]()
    await lent.remove()
  })

  it.skipIf(redis === null)('of those who bring it to two processes at once, one gets a new pair', async () => {
    const lent = await borrowDatabase(redis!)
    const caches = [await openCache(lent.url), await openCache(lent.url)] as const
    const services = [await startService(caches[0]), await startService(caches[1])] as const
    const tokens = await signUp(services[0])
    const tries = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => services[n % 2]!.refreshIdToken(tokens)))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const cache of caches) await cache[Symbol.asyncDispose]()
    await lent.remove()
  })

  it('is refused by the tables while Redis is away, and tokens are renewed all the same', async () => {
    await using server = await startPrivateService('redis')
    if (!server) return
    const caches = [await openCache(server.url), await openCache(server.url)] as const
    const [one, other] = [await startService(caches[0]), await startService(caches[1])]
    const first = await signUp(one)
    await server.kill()
    const second = await one.refreshIdToken(first)
    const third = await other.refreshIdToken(second)
    await expect(one.refreshIdToken(first)).rejects.toMatchObject(refused)
    await expect(other.refreshIdToken(third)).rejects.toMatchObject({ code: 'unauthenticated' })
    await server.start()
    for (const cache of caches) await cache[Symbol.asyncDispose]()
  })
})
