import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { auditBookings } from '../../../../src/lib/audit/audit-bookings.ts'
import { collectViolations } from '../../../../src/lib/audit/audit-result.ts'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import type { LedgerEntry } from '../../../../src/lib/ports/scenario.ts'
import { vaccination } from '../../../../src/lib/workloads/vaccination/index.ts'
import { slotAt } from '../../../../src/lib/workloads/vaccination/slots.ts'
import { bookingTables, reservations, schedules } from '../../../../src/lib/workloads/vaccination/tables.ts'
import { countsOf, entriesOf, findViolations, unwatched } from '../../../support/ledgers.ts'
import type { Violation } from '../../../../src/lib/ports/workload.ts'
import { testEngines, type TestDatabase } from '../../../support/database/engines.ts'
import type { Progress } from '../../../../src/lib/base/progress.ts'

const slot = 15778560
const row = (n: number, ticket = `T${n}`) => ({
  id: `00000000-0000-7000-8000-00000000000${n}`,
  ticket_id: ticket,
  schedule_id: slot,
})
const booked = (n: number): LedgerEntry => ({ key: `T${n}`, resource: slot, outcome: 'booked', id: row(n).id })

for (const engine of testEngines) {
  describe.skipIf(engine.open === null)(`the audit on ${engine.name}`, () => {
    let place: TestDatabase
    let database: Database

    beforeEach(async () => {
      place = await engine.open!()
      database = await connectDatabase(place.url, { poolSize: 1 })
      await migrateUp(database, 'vaccination', vaccination.tables)
      await database.store.insert(schedules, [slotAt(slot, 2)])
    })

    afterEach(async () => {
      await database[Symbol.asyncDispose]()
      await place.remove()
    })

    async function audit(entries: readonly LedgerEntry[], rows: readonly ReturnType<typeof row>[], stock: number) {
      await database.store.insert(reservations, rows)
      await database.store.update(schedules, { id: slot }, { stock })
      const violations = auditBookings(database, bookingTables, entriesOf(entries), unwatched)
      const { violations: _, ...counts } = await collectViolations(violations, countsOf(entries), 20)
      return counts
    }

    const clean = {
      refused: 0,
      lost: 0,
      duplicate: 0,
      oversold: 0,
      inconsistent: 0,
      refusedCommitted: 0,
      unknownCommitted: 0,
      passed: true,
    }

    it('passes where all is well, with bookings of other runs beside it', async () => {
      expect(await audit([booked(1)], [row(1), row(2)], 0)).toEqual({ ...clean, acknowledged: 1 })
    })

    it('finds a booking that was acknowledged and is not there', async () => {
      expect(await audit([booked(1), booked(2)], [row(1)], 1)).toEqual({
        ...clean,
        acknowledged: 2,
        lost: 1,
        passed: false,
      })
    })

    it('finds one that is there under another id', async () => {
      expect(await audit([booked(1)], [row(2, 'T1')], 1)).toMatchObject({ lost: 1, passed: false })
    })

    it('finds one that is there twice', async () => {
      expect(await audit([booked(1)], [row(1), row(2, 'T1')], 0)).toMatchObject({
        duplicate: 1,
        lost: 0,
        passed: false,
      })
    })

    it('finds a slot with more bookings than places', async () => {
      expect(await audit([], [row(1), row(2), row(3)], 0)).toMatchObject({ oversold: 1, passed: false })
    })

    it('finds a stock that does not agree with the bookings', async () => {
      expect(await audit([], [row(1)], 2)).toMatchObject({ oversold: 1, passed: false })
      expect(await audit([], [], -1)).toMatchObject({ oversold: 1 })
    })

    it('finds one that is there for another slot', async () => {
      await database.store.insert(schedules, [slotAt(slot + 20, 1)])
      await database.store.update(schedules, { id: slot + 20 }, { stock: 0 })
      const moved = { ...row(1), schedule_id: slot + 20 }
      expect(await audit([booked(1)], [moved], 2)).toMatchObject({ lost: 1, oversold: 0, passed: false })
    })

    it('finds one that was never acknowledged and is there twice', async () => {
      const entry: LedgerEntry = { key: 'T1', resource: slot, outcome: 'unknown' }
      expect(await audit([entry], [row(1), row(2, 'T1')], 0)).toMatchObject({ duplicate: 1, unknownCommitted: 1 })
    })

    it('finds the second of two bookings that were acknowledged under one key', async () => {
      const other = { ...booked(1), id: row(2).id }
      expect(await audit([booked(1), other], [row(1)], 1)).toMatchObject({ lost: 1, duplicate: 0, passed: false })
      expect(await audit([booked(1), booked(1)], [], 1), 'the same twice').toMatchObject({ lost: 0, passed: true })
    })

    it('names the rows concerned', async () => {
      await database.store.insert(reservations, [row(2), row(3, 'T2'), row(4, 'T9'), row(5, 'T4')])
      const entries: LedgerEntry[] = [
        booked(1),
        booked(2),
        { ...booked(3), key: 'T9' },
        { key: 'T4', resource: slot, outcome: 'failed' },
      ]
      const id = (n: number): string => `${row(n).id} for ${slot}`
      const expected = [
        { kind: 'unknown-committed', key: 'T4', detail: `stored as ${id(5)}, though it was not acknowledged` },
        { kind: 'lost', key: 'T1', detail: `acknowledged as ${id(1)}, not in the table` },
        {
          kind: 'duplicate',
          key: 'T2',
          detail: `acknowledged as ${id(2)}, 2 times in the table: also as ${id(3)}`,
        },
        { kind: 'lost', key: 'T9', detail: `acknowledged as ${id(3)}, stored as ${id(4)}` },
        {
          kind: 'oversold',
          key: `schedules ${slot}`,
          detail: '4 reservations for 2 places, stock says 2',
        },
      ]
      expect(await findViolations(database, entries)).toEqual(expected)
      const inParts: Violation[] = []
      const violations = auditBookings(database, bookingTables, entriesOf(entries), unwatched, 1)
      for await (const violation of violations) inParts.push(violation)
      expect(inParts, 'the same, when claims are held one at a time').toHaveLength(expected.length)
      expect(inParts).toEqual(expect.arrayContaining(expected))
    })

    it('reports a booking that is there though no answer came, and does not blame anybody', async () => {
      const unanswered = (n: number, outcome: 'unknown' | 'failed'): LedgerEntry => ({
        key: `T${n}`,
        resource: slot,
        outcome,
      })
      const entries = [unanswered(1, 'unknown'), unanswered(2, 'unknown'), unanswered(3, 'failed')]
      expect(await audit(entries, [row(1), row(3)], 0)).toEqual({ ...clean, acknowledged: 0, unknownCommitted: 2 })
    })

    it('finds a booking that is there though the API refused it, unless it was asked for in another way, too', async () => {
      const attempt = (n: number, outcome: 'conflict' | 'unknown' = 'conflict'): LedgerEntry => {
        return { key: `T${n}`, resource: slot, outcome }
      }
      const entries = [attempt(1), attempt(2), booked(2), attempt(3), attempt(4, 'unknown'), attempt(4)]
      const rows = [row(1), row(2), row(4), row(5)]
      await database.store.update(schedules, { id: slot }, { max_available: 4 })
      const found = await audit(entries, rows, 0)
      expect(found).toEqual({
        ...clean,
        acknowledged: 1,
        refused: 4,
        refusedCommitted: 1,
        unknownCommitted: 1,
        passed: false,
      })
      expect(await findViolations(database, entries)).toContainEqual({
        kind: 'refused-committed',
        key: 'T1',
        detail: `stored as ${row(1).id} for ${slot}, though the API refused it`,
      })
    })
  })
}

describe('the audit of a large table', () => {
  const rows = 25_000

  async function* manyRows() {
    for (let n = 0; n < rows; n++) yield { id: `${n}`, ticket_id: `T${n}`, schedule_id: slot }
  }
  const scan = (table: object) => (table === reservations ? manyRows() : entriesOf([]).read())
  const database = { store: { scan, count: async () => rows } } as unknown as Database
  const bookings = { bookings: bookingTables.bookings, resources: null }

  it('shows how far it has come', async () => {
    const seen: Progress[] = []
    const watch = { ...unwatched, onProgress: (progress: Progress) => void seen.push(progress) }
    for await (const { key } of auditBookings(database, bookings, entriesOf([]), watch)) throw new Error(key)
    expect(seen).toEqual([10_000, 20_000].map((done) => ({ done, total: rows })))
  })

  it('can be ended, also when the engine never leaves the process', async () => {
    const stop = new AbortController()
    setImmediate(() => stop.abort(new Error('Ctrl-C')))
    const violations = auditBookings(database, bookings, entriesOf([]), { ...unwatched, signal: stop.signal })
    await expect(violations.next()).rejects.toThrow('Ctrl-C')
  })
})
