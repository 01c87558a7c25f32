import { describe, expect, test } from 'vitest'
import {
  createHashQueue,
  type HashRequest,
  type QueueOptions,
} from '../../../../../src/lib/workloads/meetups/user/hash-queue.ts'

const turn = () => new Promise(setImmediate)

/** A queue whose jobs take 40 ms each of a time that only they move. */
function createMeetupDatabase(options: Partial<QueueOptions> = {}) {
  let now = 0
  const queue = createHashQueue({ lanes: 1, patienceMs: 20_000, patienceOf: () => 20_000, now: () => now, ...options })
  const done: string[] = []
  const refused: string[] = []
  const held = Promise.withResolvers<void>()
  const askerOf = (caller: string, rest: Partial<HashRequest> = {}): HashRequest => ({
    kind: 'login',
    caller,
    account: `${Math.random()}`,
    isKnown: false,
    ...rest,
  })
  const ask = (name: string, caller: string, rest?: Partial<HashRequest>) =>
    queue
      .run(askerOf(caller, rest), async () => {
        await held.promise
        now += 40
        done.push(name)
      })
      .catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'too-many', retryAfterSeconds: expect.any(Number) })
        refused.push(name)
      })
  return { queue, ask, askerOf, done, refused, go: () => held.resolve(), wait: (ms: number) => void (now += ms) }
}

describe('passwords that are hashed', () => {
  test('are so many at a time', async () => {
    let under = 0
    let most = 0
    const { queue, askerOf } = createMeetupDatabase({ lanes: 2 })
    const works = Array.from({ length: 6 }, (_, n) =>
      queue.run(askerOf(`c${n}`), async () => {
        most = Math.max(most, ++under)
        await turn()
        under--
      }),
    )
    await Promise.all(works)
    expect(most).toBe(2)
  })

  test('come in turns of their callers, so that one who asks a hundred times holds nobody else up', async () => {
    const { ask, done, go } = createMeetupDatabase()
    const works = Array.from({ length: 100 }, (_, n) => ask(`flood ${n}`, 'flooder'))
    works.push(ask('a', 'one'), ask('b', 'other'))
    go()
    await Promise.all(works)
    // The first was under way, and the flooder had its turn before the others came.
    expect(done.slice(0, 4)).toEqual(['flood 0', 'flood 1', 'a', 'b'])
    expect(done).toHaveLength(102)
  })

  test('come in turns of logins and sign-ups, and of those who are known and those who are not', async () => {
    const { ask, done, go } = createMeetupDatabase()
    const works = [ask('first', 'a')]
    for (let n = 0; n < 5; n++) works.push(ask(`unknown ${n}`, 'a'))
    for (let n = 0; n < 2; n++) works.push(ask(`known ${n}`, 'a', { isKnown: true }))
    works.push(ask('sign-up', 'a', { kind: 'sign-up' }))
    go()
    await Promise.all(works)
    expect(done).toEqual([
      'first',
      'known 0',
      'sign-up',
      'unknown 0',
      'known 1',
      'unknown 1',
      'unknown 2',
      'unknown 3',
      'unknown 4',
    ])
  })

  test('are refused at once where the wait would be too long, and not before', async () => {
    const { ask, done, refused, go } = createMeetupDatabase({ patienceOf: () => 400 })
    // One is under way; of those after it the tenth will have waited for 400 ms.
    const works = Array.from({ length: 15 }, (_, n) => ask(String(n), 'a'))
    await turn()
    expect(refused).toEqual(['11', '12', '13', '14'])
    // Another caller has a turn of their own.
    works.push(ask('other', 'b'))
    go()
    await Promise.all(works)
    expect(done.indexOf('other')).toBe(2)
    // That turn made the last one too late.
    expect([done.length, refused.at(-1)]).toEqual([11, '10'])
  })

  test('are not done any more once nobody waits, also where patience became shorter meanwhile', async () => {
    let patience = 20_000
    const { ask, done, refused, go, wait } = createMeetupDatabase({ patienceOf: () => patience })
    const works = Array.from({ length: 50 }, (_, n) => ask(String(n), 'a'))
    await turn()
    wait(500)
    works.push(ask('fresh', 'a'))
    patience = 300
    go()
    await Promise.all(works)
    expect(done).toEqual(['0', 'fresh'])
    expect(refused).toHaveLength(49)
  })

  test('are at most sixteen at once of one account from one caller', async () => {
    const { ask, refused, done, go } = createMeetupDatabase()
    const works = Array.from({ length: 20 }, (_, n) => ask(String(n), 'a', { account: 'x' }))
    works.push(ask('elsewhere', 'b', { account: 'x' }))
    await turn()
    expect(refused).toEqual(['16', '17', '18', '19'])
    go()
    await Promise.all(works)
    expect(done).toHaveLength(17)
    await ask('later', 'a', { account: 'x' })
    expect(done).toContain('later')
  })

  test('go on after one that failed', async () => {
    const { queue, askerOf } = createMeetupDatabase()
    await expect(queue.run(askerOf('a'), () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await queue.run(askerOf('a'), async () => 'done')).toBe('done')
  })
})
