import { expect, test } from 'vitest'
import type { VirtualUser } from '../../../../../src/lib/ports/scenario.ts'
import { createLogins } from '../../../../../src/lib/workloads/meetups/scenarios/logins.ts'

/**
 * A user whose operations are answered by number; `refused` are those that are not, and `busy` those that are refused for now, with
 * that answer.
 */
function createUser(refused: readonly number[] = [], busy: Readonly<Record<number, string>> = {}) {
  const asked: string[] = []
  const thought: unknown[] = []
  const request = async ({ step }: { readonly step: string }) => {
    const number = asked.push(step)
    const later = busy[number]
    if (later !== undefined) return { status: 429, json: () => JSON.parse(later) as unknown }
    const tokens = { idToken: `id ${number}`, refreshToken: `refresh ${number}` }
    const data = refused.includes(number) ? { [step]: null } : { [step]: step === 'login' ? { tokens } : tokens }
    return { status: 200, json: () => ({ data }) }
  }
  const think = async (time: unknown) => void thought.push(time)
  return { asked, thought, user: { request, think } as unknown as VirtualUser }
}

const comeAgain = (retryAfter: unknown) =>
  JSON.stringify({ errors: [{ extensions: { code: 'too-many', retryAfter } }] })

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

test('who is refused for now waits for as long as is said, and logs in again', async () => {
  const { asked, thought, user } = createUser([], {
    1: comeAgain(7),
    2: comeAgain(3600),
    3: comeAgain('soon'),
    4: '{}',
    5: '<html>',
  })
  expect(await createLogins().logIn(user, 'a@b.de')).toMatchObject({ idToken: 'id 6' })
  expect(asked).toHaveLength(6)
  expect(thought).toEqual([
    [7000, 8000],
    [60_000, 61_000],
    [1000, 2000],
    [1000, 2000],
    [1000, 2000],
  ])
})

test('who waits for the login of somebody who is refused for now waits by themselves, too, and both log in once', async () => {
  const { asked, thought, user } = createUser([], { 1: comeAgain(7) })
  const logins = createLogins()
  const [one, other] = await Promise.all([logins.logIn(user, 'a@b.de'), logins.logIn(user, 'a@b.de')])
  expect([one?.idToken, other?.idToken, asked.length, thought.length]).toEqual(['id 2', 'id 2', 2, 2])
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
