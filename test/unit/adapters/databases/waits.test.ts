import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { askForHolder, type Ask } from '../../../../src/lib/adapters/databases/mysql/lock-holder.ts'
import { describeHolder } from '../../../../src/lib/adapters/databases/postgres/lock-holder.ts'
import { pickPid, seeds } from '../../../../src/lib/adapters/databases/sqlite/lock-holder.ts'
import {
  createWaitWatch,
  holderSentence,
  lockOf,
  waitText,
  type LockHolder,
} from '../../../../src/lib/adapters/databases/waits.ts'
import type { Wait } from '../../../../src/lib/ports/database-facts.ts'

const session: LockHolder = {
  lock: 'the lock',
  name: 'session 4711',
  about: 'user app',
  isSure: true,
  end: 'kill 4711',
}

describe('a watch over what work waits for', () => {
  let told: (Wait | null)[]
  let holder: LockHolder | null
  let asked: number

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
    told = []
    holder = null
    asked = 0
  })
  afterEach(() => void vi.useRealTimers())

  const watch = () =>
    createWaitWatch(
      (wait) => void told.push(wait),
      async () => {
        asked++
        return holder
      },
    )
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

  it('asks nobody about work that takes less than a second', async () => {
    const waits = watch()
    for (let work = 0; work < 10; work++) {
      const waiting = waits.begin()
      await pass(900)
      waits.end(waiting)
      await pass(100)
    }
    expect([asked, told]).toEqual([0, []])
    waits.close()
  })

  it('tells of a lock after a second, each second, and once that it is over', async () => {
    const waits = watch()
    holder = session
    const waiting = waits.begin()
    await pass(3000)
    const what = 'the lock that session 4711 holds'
    expect(told).toEqual([1000, 2000, 3000].map((ms) => ({ what, ms })))
    expect(waitText(told[2] as Wait)).toBe('waiting for the lock that session 4711 holds, 3 s')
    expect(waiting.holder).toBe(session)
    waits.end(waiting)
    await pass(5000)
    expect(told.slice(3)).toEqual([null])
    waits.close()
  })

  it('counts from when it was last seen at work', async () => {
    const waits = watch()
    const waiting = waits.begin()
    await pass(60_000)
    expect(told).toEqual([])
    holder = session
    await pass(2000)
    expect(told.map((wait) => wait?.ms)).toEqual([1000, 2000])
    waits.end(waiting)
    waits.close()
  })

  it('tells of transient errors as long as they come again', async () => {
    const waits = watch()
    const waiting = waits.begin()
    const met = () =>
      (waiting.transientError = { what: { kind: 'refused', reason: 'read only (1290)' }, at: performance.now() })
    for (let at = 0; at < 4000; at += 500) {
      met()
      await pass(500)
    }
    const what = 'the server, which takes no writes: read only (1290)'
    expect(told).toEqual([1000, 2000, 3000, 4000].map((ms) => ({ what, ms })))
    // The next try takes its time, and nothing is known to hold it up.
    await pass(4000)
    expect(told.slice(4)).toEqual([{ what, ms: 5000 }, null])
    waits.end(waiting)
    waits.close()
  })

  it('goes on when the server cannot be asked', async () => {
    const waits = createWaitWatch(
      (wait) => void told.push(wait),
      () => Promise.reject(new Error('too many connections')),
    )
    const waiting = waits.begin()
    waiting.transientError = { what: { kind: 'full', reason: 'no', limit: 'max_connections' }, at: 500 }
    await pass(2000)
    expect(told.map((wait) => wait?.what)).toContain('a connection: the server has no free one (max_connections)')
    waits.end(waiting)
    waits.close()
  })

  it('asks nobody where nobody listens', async () => {
    const ask = vi.fn<() => Promise<null>>()
    const waits = createWaitWatch(undefined, ask)
    waits.begin()
    await pass(10_000)
    expect(ask).not.toHaveBeenCalled()
    waits.close()
  })
})

describe('what is said of whoever keeps a lock', () => {
  it.each([
    [session, 'the lock that session 4711 holds', 'session 4711 (user app) holds the lock'],
    [{ ...session, isSure: false }, 'the lock that session 4711 may hold', 'session 4711 (user app) may hold the lock'],
    [{ ...session, name: null, about: '' }, 'the lock', 'somebody holds the lock'],
    [
      { ...session, lock: "the file's lock", name: 'process 812', about: 'node' },
      "the file's lock that process 812 holds",
      "process 812 (node) holds the file's lock",
    ],
  ])('%o', (holder, what, sentence) => {
    expect([lockOf(holder), holderSentence(holder)]).toEqual([what, sentence])
  })

  it('on PostgreSQL, with what its user may see', () => {
    const all = { session: 12, who: 'app', program: 'psql', state: 'idle in transaction', seconds: 95 }
    expect(describeHolder(all)).toMatchObject({
      name: 'session 12',
      about: 'user app with psql, idle in transaction for 95 s',
      end: 'select pg_terminate_backend(12)',
    })
    expect(describeHolder({ ...all, program: null, state: 'active', seconds: 3 }).about).toBe(
      'user app, in a statement for 3 s',
    )
    expect(describeHolder({ ...all, who: null, program: null, state: null, seconds: null }).about).toBe('')
    expect(describeHolder({ ...all, session: 0 })).toMatchObject({ name: 'a prepared transaction', end: null })
  })

  /** Answers a question by the first of `answers` whose key is in it; an Error is thrown. */
  const answering =
    (answers: Readonly<Record<string, object[] | Error>>): Ask =>
    async (sql) => {
      const found = Object.entries(answers).find(([part]) => sql.includes(part))?.[1] ?? []
      if (found instanceof Error) throw found
      return found as Awaited<ReturnType<Ask>>
    }
  const noRight = new Error('Access denied; you need (at least one of) the PROCESS privilege(s) for this operation')

  it('on MySQL 8, where the waits stand in another table', async () => {
    const ask = answering({
      'information_schema.innodb_lock_waits': new Error('Unknown table'),
      'performance_schema.data_lock_waits': [{ session: 7 }],
      'as seconds': [{ who: 'app', command: 'Sleep', seconds: 95 }],
    })
    expect(await askForHolder(ask, [1, 2])).toEqual({
      lock: 'the lock',
      name: 'session 7',
      about: 'user app, idle in transaction for 95 s',
      isSure: true,
      end: 'kill 7',
    })
  })

  it('on MySQL without the right PROCESS', async () => {
    const waiting = { lock_waits: noRight, Innodb_row_lock_current_waits: [{ Value: '1' }] }
    expect(lockOf((await askForHolder(answering(waiting), [1]))!)).toBe(
      'a lock, as it seems (the right PROCESS may show whose)',
    )
    const free = { lock_waits: noRight, Innodb_row_lock_current_waits: [{ Value: '0' }] }
    expect(await askForHolder(answering(free), [1])).toBeNull()
    const table = { ...free, 'Waiting for': [{ id: 1 }], metadata: noRight, innodb_trx: noRight }
    expect(lockOf((await askForHolder(answering(table), [1]))!)).toBe(
      "a table's lock (the right PROCESS may show whose)",
    )
  })

  it('on MySQL of a transaction that is rolled back after its session', async () => {
    const ask = answering({ 'information_schema.innodb_lock_waits': [{ session: 0 }] })
    expect(holderSentence((await askForHolder(ask, [1]))!)).toBe(
      'a transaction without a session (being rolled back, or prepared) holds the lock',
    )
  })
})

describe('the locks that Linux tells of', () => {
  const locks = `1: POSIX  ADVISORY  READ  812 fd:00:77 124 124
2: POSIX  ADVISORY  WRITE 813 fd:00:77 120 120
2: -> POSIX  ADVISORY  WRITE 814 fd:00:77 120 120
3: FLOCK  ADVISORY  WRITE 815 fd:00:77 0 EOF
4: POSIX  ADVISORY  WRITE -1 fd:00:78 120 120`

  it('are those of a writer that holds one', () => {
    expect(pickPid(locks, ['fd:00:77'])).toBe(813)
    expect(pickPid(locks, ['fd:00:78'])).toBeNull()
    expect(pickPid(locks, ['fd:00:79'])).toBeNull()
  })

  it('never give a process that is none, whatever stands there', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (text, files) => {
        const pid = pickPid(text, files)
        expect(pid === null || pid > 0).toBe(true)
      }),
    )
  })
})

it.each([
  [['/usr/bin/node', '/app/bin/run.js', 'insert-reservations', '--rows', '2m'], true],
  [['node', '/usr/local/bin/rushbench', 'insert-reservations'], true],
  [['node', '/usr/local/bin/rushbench', 'insert-reservation-bench'], false],
  [['node', '/app/server.js', 'insert-reservations'], false],
  [['sqlite3', 'rushbench.db'], false],
  [[], false],
])('%j seeds: %s', (command, answer) => expect(seeds(command)).toBe(answer))
