import { expect, test } from 'vitest'
import type { VirtualUser } from '../../../src/lib/load/scenario.ts'
import { createLogins } from '../../../src/lib/workloads/meetups/scenarios/logins.ts'

/** A user whose operations are answered by number; `refused` are those that are not. */
function createUser(refused: readonly number[] = []) {
  const asked: string[] = []
  const request = async ({ step }: { readonly step: string }) => {
    const number = asked.push(step)
    const tokens = { idToken: `id ${number}`, refreshToken: `refresh ${number}` }
    const data = refused.includes(number) ? { [step]: null } : { [step]: step === 'login' ? { tokens } : tokens }
    return { status: 200, json: () => ({ data }) }
  }
  return { asked, user: { request } as unknown as VirtualUser }
}

test('somebody who is asked for twice at once logs in once', async () => {
  const { asked, user } = createUser()
  const logins = createLogins()
  const [one, other] = await Promise.all([logins.logIn(user, 'a@b.de'), logins.logIn(user, 'a@b.de')])
  expect(one).toEqual({ idToken: 'id 1', refreshToken: 'refresh 1' })
  expect(other).toBe(one)
  await logins.logIn(user, 'c@d.de')
  expect(asked).toEqual(['login', 'login'])
})

test('a login that was refused is tried again by the next', async () => {
  const { user } = createUser([1])
  const logins = createLogins()
  expect(await logins.logIn(user, 'a@b.de')).toBeNull()
  expect(await logins.logIn(user, 'a@b.de')).toMatchObject({ idToken: 'id 2' })
})

test('a refresh token is used once, however many renew at once', async () => {
  const { asked, user } = createUser()
  const logins = createLogins()
  logins.add('a@b.de', { idToken: 'id 0', refreshToken: 'refresh 0' })
  const renewed = await Promise.all([logins.renew(user, 'a@b.de'), logins.renew(user, 'a@b.de')])
  expect(asked).toEqual(['refreshIDToken'])
  expect(renewed.map((tokens) => tokens?.idToken)).toEqual(['id 1', 'id 1'])
  expect(await logins.logIn(user, 'a@b.de')).toMatchObject({ idToken: 'id 1' })
})

test('who cannot renew logs in again', async () => {
  const { asked, user } = createUser([1])
  const logins = createLogins()
  logins.add('a@b.de', { idToken: 'id 0', refreshToken: 'refresh 0' })
  expect(await logins.renew(user, 'a@b.de')).toBeNull()
  expect(await logins.logIn(user, 'a@b.de')).toMatchObject({ idToken: 'id 2' })
  expect(asked).toEqual(['refreshIDToken', 'login'])
})

test('who waits for the login of somebody who is stopped logs in', async () => {
  const stopped = { request: async () => Promise.reject(new Error('stopped')) } as unknown as VirtualUser
  const { user } = createUser()
  const logins = createLogins()
  const first = logins.logIn(stopped, 'a@b.de')
  const second = logins.logIn(user, 'a@b.de')
  await expect(first).rejects.toThrow('stopped')
  expect(await second).toMatchObject({ idToken: 'id 1' })
})
