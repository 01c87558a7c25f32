import { createLocalJWKSet, decodeJwt, jwtVerify, type JSONWebKeySet } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type UserService, issuer } from '../../../../src/lib/workloads/meetups/user/contract.ts'
import { createUserService } from '../../../../src/lib/workloads/meetups/user/service.ts'
import { createSigner, createUsedTokens } from '../../../../src/lib/workloads/meetups/user/tokens.ts'
import { logins, users } from '../../../../src/lib/workloads/meetups/user/tables.ts'
import { noCache } from '../../../../src/lib/adapters/cache/cache.ts'
import { createMeetupDatabase, meetupEngines, type MeetupDatabase } from '../../../support/meetups/meetup-database.ts'

/** An address that test networks have. */
const caller = '192.0.2.1'

const hourMs = 60 * 60 * 1000
const password = 'carp-and-trout'

for (const { name: engine, open } of meetupEngines) {
  describe.skipIf(open === null)(`the user service on ${engine}`, () => {
    let place: MeetupDatabase
    let service: UserService
    let now = Date.now()
    let count = 0
    const nextEmail = () => `User${++count}@Example.org`

    beforeAll(async () => {
      place = await createMeetupDatabase(open!)
      const { store } = place.database
      service = createUserService(store, await createSigner(store), createUsedTokens(noCache), () => now)
    })
    afterAll(() => place[Symbol.asyncDispose]())

    test('signs up, and logs in with the address in whatever case', async () => {
      const email = nextEmail()
      const { user } = await service.createUser({ email, name: 'Aiko \u{1F41F}', password, caller })
      expect(user).toMatchObject({ email, name: 'Aiko \u{1F41F}', introduction: '', createdAt: now })
      const again = await service.login({ email: email.toUpperCase(), password, caller })
      expect(again.user).toEqual(user)
      const [row] = await place.database.store.find(users, { id: user.id })
      expect(row?.password_hash).toMatch(/^scrypt\$16384\$8\$1\$/)
      expect(JSON.stringify(row)).not.toContain(password)
    })

    test('gives an address to one of those who ask for it at once', async () => {
      const email = nextEmail()
      const tries = await Promise.allSettled(
        ['a', 'A', 'b', 'c'].map((name) => service.createUser({ email, name, password, caller })),
      )
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const tried of tries) if (tried.status === 'rejected') expect(tried.reason.code).toBe('taken')
    })

    test('gives an account another address, which only one can have, and the old one free', async () => {
      const [before, after] = [nextEmail(), nextEmail()]
      const { user } = await service.createUser({ email: before, name: 'A', password, caller })
      const { user: other } = await service.createUser({ email: nextEmail(), name: 'B', password, caller })
      const { id } = user
      const tries = await Promise.allSettled([id, other.id].map((who) => service.updateUser({ id: who, email: after })))
      expect(tries.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
      for (const tried of tries) if (tried.status === 'rejected') expect(tried.reason.code).toBe('taken')
      const winner = tries[0]?.status === 'fulfilled' ? user : other
      expect((await service.login({ email: after.toLowerCase(), password, caller })).user).toEqual({
        ...winner,
        email: after,
      })
      await expect(service.login({ email: winner.email, password, caller })).rejects.toMatchObject({
        code: 'unauthenticated',
      })
      // In another case it is the same address.
      expect(await service.updateUser({ id: winner.id, email: after.toUpperCase() })).toMatchObject({
        email: after.toUpperCase(),
      })
      const { user: next } = await service.createUser({ email: winner.email, name: 'C', password, caller })
      expect(next.id).not.toBe(winner.id)
      await expect(service.updateUser({ id, email: 'no address' })).rejects.toMatchObject({ code: 'invalid' })
      await expect(service.updateUser({ id, sex: 'x' as never })).rejects.toMatchObject({ code: 'invalid' })
    })

    test.each([
      ['email', { email: 'no address' }],
      ['email', { email: `${'a'.repeat(250)}@b.de` }],
      ['name', { name: '' }],
      ['name', { name: 'x'.repeat(51) }],
      ['name', { name: 'a\0b' }],
      ['password', { password: '12345' }],
      ['password', { password: 'x'.repeat(73) }],
    ])('refuses a wrong %s: %j', async (field, wrong) => {
      const right = { email: nextEmail(), name: 'A', password, caller }
      await expect(service.createUser({ ...right, ...wrong, caller })).rejects.toMatchObject({
        code: 'invalid',
        message: expect.stringMatching(new RegExp(`^${field} `)),
      })
    })

    test.each([['123456'], ['\u{1F41F}'.repeat(72)]])('takes the password %s', async (chosen) => {
      const email = nextEmail()
      await service.createUser({ email, name: 'A', password: chosen, caller })
      await service.login({ email, password: chosen, caller })
      await expect(service.login({ email, password: `${chosen}x`, caller })).rejects.toMatchObject({
        code: 'unauthenticated',
      })
    })

    test('says the same to a wrong password and to an address without account', async () => {
      const email = nextEmail()
      await service.createUser({ email, name: 'A', password, caller })
      const wrong = await service
        .login({ email, password: 'carp-and-trouT', caller })
        .catch((error: Error) => error.message)
      const nobody = await service
        .login({ email: nextEmail(), password, caller })
        .catch((error: Error) => error.message)
      expect(wrong).toBe(nobody)
    })

    test('signs an id token for an hour, which the public key alone verifies', async () => {
      const { user, tokens } = await service.createUser({ email: nextEmail(), name: 'A', password, caller })
      const { jwks } = await service.getPublicKeys({})
      expect(jwks).not.toContain('"d"')
      const keys = createLocalJWKSet(JSON.parse(jwks) as JSONWebKeySet)
      const { payload } = await jwtVerify(tokens.idToken, keys, { issuer, currentDate: new Date(now) })
      expect(payload.sub).toBe(user.id)
      expect(payload.exp).toBe(Math.floor((now + hourMs) / 1000))
      await expect(
        jwtVerify(tokens.idToken, keys, { issuer, currentDate: new Date(now + hourMs + 1000) }),
      ).rejects.toThrow()
    })

    test('has the same key in every process', async () => {
      const { store } = place.database
      const signers = await Promise.all([createSigner(store), createSigner(store)])
      expect(signers[0]?.jwks).toBe((await service.getPublicKeys({})).jwks)
      expect(signers[1]?.jwks).toBe(signers[0]?.jwks)
    })

    test('gives a new pair for a refresh token once, and ends the login when it comes again', async () => {
      const { user, tokens } = await service.createUser({ email: nextEmail(), name: 'A', password, caller })
      const next = await service.refreshIdToken(tokens)
      expect(decodeJwt(next.idToken).sub).toBe(user.id)
      expect(next.refreshToken).not.toBe(tokens.refreshToken)
      await expect(service.refreshIdToken(tokens)).rejects.toMatchObject({ code: 'unauthenticated' })
      await expect(service.refreshIdToken(next)).rejects.toMatchObject({ code: 'unauthenticated' })
    })

    test('gives one of those who bring the same refresh token at once a new pair', async () => {
      const { tokens } = await service.createUser({ email: nextEmail(), name: 'A', password, caller })
      const tries = await Promise.allSettled(Array.from({ length: 5 }, () => service.refreshIdToken(tokens)))
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })

    test('takes a refresh token for ten days', async () => {
      const { tokens } = await service.createUser({ email: nextEmail(), name: 'A', password, caller })
      const before = now
      try {
        now = before + 240 * hourMs - 1
        const next = await service.refreshIdToken(tokens)
        now += 240 * hourMs
        await expect(service.refreshIdToken(next)).rejects.toMatchObject({ code: 'unauthenticated' })
      } finally {
        now = before
      }
    })

    test('forgets one login at logout, and all of them with a new password', async () => {
      const email = nextEmail()
      const { user, tokens } = await service.createUser({ email, name: 'A', password, caller })
      const second = (await service.login({ email, password, caller })).tokens
      await service.logout(tokens)
      await expect(service.refreshIdToken(tokens)).rejects.toMatchObject({ code: 'unauthenticated' })
      const kept = await service.refreshIdToken(second)
      const wrong = service.updatePassword({
        id: user.id,
        oldPassword: 'wrong-one',
        newPassword: 'new-password',
        caller,
      })
      await expect(wrong).rejects.toMatchObject({ code: 'unauthenticated' })
      await service.updatePassword({ id: user.id, oldPassword: password, newPassword: 'new-password', caller })
      await expect(service.refreshIdToken(kept)).rejects.toMatchObject({ code: 'unauthenticated' })
      expect(await place.database.store.find(logins, { user_id: user.id })).toEqual([])
      await expect(service.login({ email, password, caller })).rejects.toMatchObject({ code: 'unauthenticated' })
      await service.login({ email, password: 'new-password', caller })
    })

    test.each(['', 'x', `${'0'.repeat(36)}.${'A'.repeat(43)}`, "' OR 1=1"])(
      'refuses %j as a refresh token',
      async (refreshToken) => {
        await expect(service.refreshIdToken({ refreshToken })).rejects.toMatchObject({ code: 'unauthenticated' })
        await service.logout({ refreshToken })
      },
    )

    test('changes what a user says of themselves, and finds users by id', async () => {
      const { user } = await service.createUser({ email: nextEmail(), name: 'A', password, caller })
      const changed = await service.updateUser({ id: user.id, name: 'B', introduction: 'I fish.' })
      expect(changed).toEqual({ ...user, name: 'B', introduction: 'I fish.' })
      const unknown = '00000000-0000-4000-8000-000000000000'
      expect(await service.getUsers({ ids: [user.id, unknown, user.id] })).toEqual({ users: [changed] })
      expect(await service.getUsers({ ids: [] })).toEqual({ users: [] })
    })
  })
}
