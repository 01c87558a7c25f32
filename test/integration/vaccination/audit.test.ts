import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrateUp } from '../../../src/lib/databases/migrate.ts'
import type { Database } from '../../../src/lib/databases/port.ts'
import { connectDatabase } from '../../../src/lib/databases/registry.ts'
import { auditLedger } from '../../../src/lib/load/audit.ts'
import { createMemoryLedger } from '../../../src/lib/load/ledger.ts'
import type { LedgerEntry } from '../../../src/lib/load/scenario.ts'
import { auditBookings } from '../../../src/lib/workloads/vaccination/audit.ts'
import { vaccination } from '../../../src/lib/workloads/vaccination/index.ts'
import { slotAt } from '../../../src/lib/workloads/vaccination/slots.ts'
import { reservations, schedules } from '../../../src/lib/workloads/vaccination/tables.ts'
import { testEngines, type TestDatabase } from '../databases/engines.ts'

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
      const ledger = createMemoryLedger()
      for (const entry of entries) await ledger.record(entry)
      const { violations: _, ...counts } = await auditLedger(auditBookings(database, ledger), ledger.counts().booked)
      return counts
    }

    const clean = { lost: 0, duplicate: 0, oversold: 0, unknownCommitted: 0, passed: true }

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

    it('reports a booking that is there though no answer came, and does not blame anybody', async () => {
      const unanswered = (n: number, outcome: 'unknown' | 'failed'): LedgerEntry => ({
        key: `T${n}`,
        resource: slot,
        outcome,
      })
      const entries = [unanswered(1, 'unknown'), unanswered(2, 'unknown'), unanswered(3, 'failed')]
      expect(await audit(entries, [row(1), row(3)], 0)).toEqual({ ...clean, acknowledged: 0, unknownCommitted: 2 })
    })
  })
}
