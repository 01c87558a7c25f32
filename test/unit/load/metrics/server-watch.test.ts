import { describe, expect, it } from 'vitest'
import { watchServer } from '../../../../src/lib/load/metrics/server-watch.ts'
import type { ServerCounter } from '../../../../src/lib/ports/database.ts'
import type { StatementCount } from '../../../../src/lib/ports/database-facts.ts'
import type { ServerActivity } from '../../../../src/lib/record/record.ts'
import { createVirtualClock, type VirtualClock } from '../../../support/load/virtual-clock.ts'

/** What a server says at a time, and how long it takes to say so, ms. */
interface Saying {
  readonly counters: readonly ServerCounter[] | Error
  readonly afterMs?: number
}

const total = (value: number, name = 'rows read'): ServerCounter => ({ name, value, kind: 'total', unit: 'rows' })
const level = (value: number): ServerCounter => ({ name: 'memory', value, kind: 'level', unit: 'bytes' })

/** Watches a server for so long, in virtual time. `asked`: when it was. */
async function watch(
  ms: number,
  say: (now: number, reading: number) => Saying,
  clock: VirtualClock = createVirtualClock(),
): Promise<ServerActivity & { readonly asked: readonly number[] }> {
  const asked: number[] = []
  const watched = watchServer(
    {
      counters: async () => {
        const { counters, afterMs = 0 } = say(clock.now(), asked.push(clock.now()) - 1)
        if (afterMs > 0) await new Promise<void>((resolve) => void clock.schedule(afterMs, resolve))
        if (counters instanceof Error) throw counters
        return counters
      },
    },
    clock,
  )
  const activity = Promise.withResolvers<ServerActivity>()
  void watched.begin().then(() =>
    clock.schedule(ms, () => {
      void watched.stop().then(watched.end).then(activity.resolve, activity.reject)
    }),
  )
  await clock.runAll()
  return { ...(await activity.promise), asked }
}

describe('watchServer', () => {
  it('tells the growth of totals in each second, and levels as they were at its end', async () => {
    // 100, 110, 130, 160, 200: grown by 10, 20, 30, 40.
    const totals = [100, 110, 130, 160, 200]
    const { counters, seconds, asked, readMs } = await watch(4000, (_, reading) => ({
      counters: [total(totals[Math.min(reading, 4)]!), level(reading)],
    }))
    expect([seconds, asked, readMs]).toEqual([1, [0, 1000, 2000, 3000, 4000, 4000], 0])
    expect(counters).toEqual([
      { name: 'rows read', unit: 'rows', kind: 'total', values: [10, 20, 30, 40], mean: 25, highest: 40, sum: 100 },
      { name: 'memory', unit: 'bytes', kind: 'level', values: [1, 2, 3, 4], mean: 2.5, highest: 4 },
    ])
  })

  it('counts what came after the last whole second in the sum, and not as a second', async () => {
    const { counters } = await watch(2400, (now) => ({ counters: [total(now)] }))
    // 1,000 a second.
    expect(counters).toMatchObject([{ values: [1000, 1000], mean: 1000, highest: 1000, sum: 2400 }])
  })

  it('takes a last second for whole that ended just before its time', async () => {
    const { counters } = await watch(1990, (now) => ({ counters: [total(now)] }))
    expect(counters).toMatchObject([{ values: [1000, 1000], sum: 1990 }])
  })

  it('asks nothing while an answer is late, has gaps there, and loses nothing of the sum', async () => {
    // The one of 2 s comes at 4.5 s.
    const { counters, asked } = await watch(7000, (now) => ({
      counters: [total(now)],
      ...(now === 2000 ? { afterMs: 2500 } : {}),
    }))
    expect(asked).toEqual([0, 1000, 2000, 5000, 6000, 7000, 7000])
    expect(counters).toMatchObject([{ values: [1000, null, null, null, null, 1000, 1000], sum: 7000 }])
  })

  it('does not wait for ever, before the run or after it', async () => {
    const clock = createVirtualClock()
    const { counters, asked } = await watch(3000, () => ({ counters: [total(1)], afterMs: 1e9 }), clock)
    expect(asked).toEqual([0])
    expect(counters).toEqual([])
  })

  it('rates a reading by when it was taken, between the question and the answer', async () => {
    // As of 1,200 ms: 1,200, a second of 1,000 ms from that on.
    const { counters, readMs } = await watch(2000, (now) => ({
      counters: [total(now + (now === 1000 ? 200 : 0))],
      ...(now === 1000 ? { afterMs: 400 } : {}),
    }))
    expect(counters).toMatchObject([{ values: [1000, 1000], sum: 2000 }])
    // Of four.
    expect(readMs).toBe(100)
  })

  it('notes the first error, and goes on', async () => {
    const { counters, error } = await watch(4000, (now) => ({
      counters: now === 2000 ? new Error('gone: mysql://root:hush@db/x') : [total(now)],
    }))
    expect(error).toBe('gone: mysql://***@db/x')
    expect(counters).toMatchObject([{ values: [1000, null, null, 1000], mean: 1000, sum: 4000 }])
  })

  it('has a gap where the server was restarted, whose growth nobody knows', async () => {
    const { counters } = await watch(4000, (now) => ({ counters: [total(now < 2500 ? 5000 + now : now - 2500)] }))
    // 5,000 to 7,000, then 500 to 1,500.
    expect(counters).toMatchObject([{ values: [1000, 1000, null, 1000], highest: 1000, sum: 3000 }])
  })

  it('begins counters that come later with gaps', async () => {
    const { counters } = await watch(3000, (now) => ({
      counters: now < 1500 ? [total(now)] : [total(now), total(2 * now, 'deadlocks')],
    }))
    expect(counters).toMatchObject([{ values: [1000, 1000, 1000] }, { values: [null, null, 2000], sum: 2000 }])
  })

  it('keeps no more than 800 values, however long the run is', async () => {
    // 1 in the first second, 2 in the second, ...
    const { counters, seconds } = await watch(4_000_000, (now) => {
      const second = now / 1000
      return { counters: [total((second * (second + 1)) / 2), level(second)] }
    })
    expect(seconds).toBe(8)
    // The mean of 1 to 8.
    expect(counters[0]).toMatchObject({ highest: 4000, mean: 2000.5, sum: 8_002_000 })
    expect(counters[0]!.values).toHaveLength(500)
    expect(counters[0]!.values.slice(0, 2)).toEqual([4.5, 12.5])
    expect(counters[1]!.values.slice(0, 2)).toEqual([8, 16])
  })

  it('has a value for every second of a run, whatever could be read', async () => {
    const clock = createVirtualClock()
    for (let seed = 1; seed <= 40; seed++) {
      const seconds = 1 + (seed % 9)
      const { counters } = await watch(
        seconds * 1000,
        (now, reading) => ({
          counters: (seed * reading) % 5 === 1 ? new Error('away') : [total(now)],
          afterMs: (seed * 37 * reading) % 1900,
        }),
        clock,
      )
      for (const { values, sum } of counters) {
        expect(values).toHaveLength(seconds)
        for (const value of values) if (value !== null) expect(value).toBeGreaterThan(0)
        expect(sum).toBeGreaterThanOrEqual(0)
      }
    }
  })
})

describe('the statements of a run', () => {
  /** A server whose statements were called so often before and after. */
  async function costs(before: readonly StatementCount[], after: readonly StatementCount[], texts = nameOf) {
    const clock = createVirtualClock()
    let asked = 0
    const watched = watchServer(
      {
        counters: async () => [],
        statementStatistics: {
          unavailable: async () => null,
          counts: async () => (asked++ === 0 ? before : after),
          texts: async (ids) => new Map(ids.map((id) => [id, texts(id)])),
        },
      },
      clock,
    )
    await watched.begin()
    await watched.stop()
    return watched.end()
  }
  const nameOf = (id: string): string => `select ${id}`
  const counted = (id: string, calls: number, ms: number, rows: number | null = calls) => ({
    id,
    kind: id,
    calls,
    ms,
    rows,
  })

  it('are those that cost the most of it, by what came in its time', async () => {
    const { statements } = await costs(
      [counted('a', 100, 5000), counted('b', 1, 1), counted('c', 9, 9)],
      [counted('a', 110, 5010, 130), counted('b', 4, 61, null), counted('c', 9, 9), counted('d', 2, 20)],
    )
    expect(statements).toEqual([
      { text: 'select b', calls: 3, ms: 60, rows: null },
      { text: 'select d', calls: 2, ms: 20, rows: 2 },
      { text: 'select a', calls: 10, ms: 10, rows: 30 },
    ])
  })

  it('are ten at most, without those that read statistics or are not shown', async () => {
    const after = Array.from({ length: 30 }, (_, at) => counted(`${at}`, 1, 100 - at))
    const texts = (id: string) => (id === '0' ? 'SELECT * FROM pg_stat_database' : `select ${id}`)
    const { statements } = await costs([], after, texts)
    expect(statements!.map(({ text }) => text)).toEqual(Array.from({ length: 10 }, (_, at) => `select ${at + 1}`))
  })

  it('count from nothing where the server forgot them meanwhile', async () => {
    expect(await costs([counted('a', 50, 500)], [counted('a', 3, 30)])).toMatchObject({
      statements: [{ calls: 3, ms: 30, rows: 3 }],
    })
  })

  it('are on one line, cut, and without secrets', async () => {
    const long = `select\n  1 -- postgres://me:hush@db/x\n${'x, '.repeat(500)}`
    const { statements } = await costs([], [counted('a', 1, 1)], () => long)
    expect(statements![0]!.text).toMatch(/^select 1 -- postgres:\/\/\*\*\*@db\/x x, .*\.\.\.$/)
    expect(statements![0]!.text).toHaveLength(400)
  })

  it('hold no values, though the server does not normalise every text', async () => {
    const texts = (id: string) =>
      id === 'a' ? "alter role x password 'hush''d', \"Kept\" = 1 where a = 'cut off" : 'do $body$ hush $body$ done'
    const { statements } = await costs([], [counted('a', 1, 2), counted('b', 1, 1)], texts)
    expect(statements!.map(({ text }) => text)).toEqual([
      'alter role x password ?, "Kept" = 1 where a = ?',
      'do ? done',
    ])
  })

  it('of one text are one, whichever session sent them', async () => {
    const session = (id: string, calls: number) => ({ ...counted(id, calls, 2 * calls), kind: 'a' })
    // The first session ended meanwhile, the third is new.
    const { statements } = await costs([session('1', 500), session('2', 10)], [session('2', 14), session('3', 6)])
    expect(statements).toEqual([{ text: 'select a', calls: 10, ms: 20, rows: 10 }])
  })

  it('are missing with the reason', async () => {
    const unreadable = {
      unavailable: async () => 'the extension is not loaded',
      counts: () => Promise.reject(new Error('must not be asked')),
      texts: () => Promise.reject(new Error('must not be asked')),
    }
    const watched = watchServer({ counters: async () => [], statementStatistics: unreadable }, createVirtualClock())
    await watched.begin()
    await watched.stop()
    expect(await watched.end()).toEqual({
      seconds: 1,
      counters: [],
      readMs: 0,
      noStatements: 'the extension is not loaded',
    })
  })
})
