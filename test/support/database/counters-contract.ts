import { beforeEach, describe, expect, it } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { realClock } from '../../../src/lib/base/measure/clock.ts'
import { watchServer } from '../../../src/lib/load/metrics/server-watch.ts'
import { countersOf, growthOf, insertSeats } from './single-inserts.ts'
import { type Context, seat, seats, show, shows } from './tables.ts'

/** Every name that an engine may count under, so that the same thing is never told under two names. */
const knownNames = [
  'page reads',
  'pages dirtied',
  'pages written',
  'log written',
  'data fsyncs',
  'binlog written',
  'binlog fsyncs',
  'log fsyncs',
  'checkpoint age',
  'checkpoints',
  'WAL pages',
  'file size',
  'script time',
  'delayed fsyncs',
  'log size',
  'memory',
  'rows read',
  'lock waits',
  'lock wait time',
  'waiting for locks',
  'deadlocks',
  'write conflicts',
  'commands',
  'key reads',
  'evicted keys',
]

/** Counters that each single durable insert must raise, by any of the engines' names. */
const logs = new Set(['log written', 'WAL pages', 'log size'])

/** Counters of the server. */
export function describeCounters(context: Context): void {
  describe('counters', () => {
    beforeEach(async () => context.database.store.insert(shows, [show(1)]))

    const read = async () => new Map((await context.database.counters()).map((counter) => [counter.name, counter]))

    it('have names that are known, units, and values that are not negative', async () => {
      const counters = [...(await read()).values()]
      // FerretDB tells nothing of what the database behind it does.
      expect(counters.length > 0).toBe(context.database.engine.name !== 'ferretdb')
      for (const { name, value, unit, kind } of counters) {
        expect(knownNames).toContain(name)
        expect(unit).not.toBe('')
        expect(value).toBeGreaterThanOrEqual(0)
        expect(['total', 'level']).toContain(kind)
      }
    })

    it('let no total fall, and the log grow with every insert', async () => {
      let last = await read()
      const inserter = await context.database.openInserter(seats)
      try {
        // Enough for SQLite's log to begin anew more than once.
        for (let round = 0; round < 5; round++) {
          for (let i = 0; i < 300; i++) await inserter.insert(seat(1))
          const now = await read()
          expect([...now.keys()]).toEqual([...last.keys()])
          for (const { name, kind, value } of now.values()) {
            const before = last.get(name)!.value
            const growth = { name, value: value - before }
            if (kind === 'total') expect(growth).toEqual({ name, value: expect.toSatisfy((by: number) => by >= 0) })
            if (logs.has(name)) expect(growth).toEqual({ name, value: expect.toSatisfy((by: number) => by >= 300) })
          }
          last = now
        }
      } finally {
        await inserter.close()
      }
      const keepsLog = last.size > 0 && context.database.engine.durability.settings['appendonly'] !== 'no'
      expect([...last.keys()].some((name) => logs.has(name))).toBe(keepsLog)
    })

    it('are read each second of a load, and add up to what the server counts', async () => {
      const { database } = context
      const watch = watchServer(database, realClock)
      const outer = await countersOf(database)
      await watch.begin()
      const inner = await countersOf(database)
      const until = performance.now() + 1100
      await insertSeats(database, 300)
      for (let i = 0; i < 7; i++) await database.store.find(shows, { id: 1 })
      await sleep(Math.max(0, until - performance.now()))
      const least = growthOf(inner, await countersOf(database))
      await watch.stop()
      const { counters, error, statements, noStatements } = await watch.end()
      const most = growthOf(outer, await countersOf(database))

      expect(error).toBeUndefined()
      expect(counters.map(({ name }) => name)).toEqual(
        (await database.counters({ cheap: true })).map(({ name }) => name),
      )
      for (const { name, kind, values, sum = NaN } of counters) {
        expect(values.length).toBeGreaterThanOrEqual(1)
        if (kind === 'level') continue
        expect({ name, sum }).toEqual({ name, sum: expect.toSatisfy((by: number) => by >= least[name]!) })
        expect({ name, sum }).toEqual({ name, sum: expect.toSatisfy((by: number) => by <= most[name]!) })
        if (logs.has(name)) expect(sum).toBeGreaterThanOrEqual(300)
      }

      const statistics = database.statementStatistics
      const reason = await statistics?.unavailable()
      if (reason !== null) return expect([statements, noStatements]).toEqual([undefined, reason])
      const found = statements!.filter(({ calls }) => calls >= 7)
      expect(found.length).toBeGreaterThan(0)
      if (!['postgres', 'mysql'].includes(database.engine.name)) return
      // No value stands in them, and nobody else is on this database.
      expect(statements!.map(({ text }) => text).join()).not.toMatch(/'/)
      expect(statements!.filter(({ text }) => /^select .*\bshows\b/i.test(text))).toEqual([
        expect.objectContaining({ calls: 7, rows: 7 }),
      ])
      expect(statements!.find(({ text }) => /^insert into .*\bseats\b/i.test(text))).toMatchObject({
        calls: 300,
        rows: 300,
      })
    })
  })
}
