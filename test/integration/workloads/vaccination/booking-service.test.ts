import { v4, v7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { vaccination } from '../../../../src/lib/workloads/vaccination/index.ts'
import { withdrawBookings } from '../../../../src/lib/workloads/vaccination/booking-service.ts'
import { slotAt } from '../../../../src/lib/workloads/vaccination/slots.ts'
import { reservations, schedules, type Reservation } from '../../../../src/lib/workloads/vaccination/tables.ts'
import { testEngines, type TestDatabase } from '../../../support/database/engines.ts'

const capacity = 2000
const slots = [slotAt(15_778_560, capacity), slotAt(15_778_580, capacity)]
const run = { id: '0a1b2c3d', startedAt: new Date(1_800_000_000_000), finishedAt: new Date(1_800_000_060_000) }

function book(at: number, ticket: string, slot = 0): Reservation {
  return { id: v7({ msecs: at }), ticket_id: ticket, schedule_id: slots[slot]!.id }
}

for (const engine of testEngines) {
  describe.skipIf(engine.open === null)(`taking back what a run booked, on ${engine.name}`, () => {
    let place: TestDatabase
    let database: Database

    beforeAll(async () => {
      place = await engine.open!()
      database = await connectDatabase(place.url, { poolSize: 1 })
      await migrateUp(database, vaccination.name, vaccination.tables)
      await database.store.insert(schedules, slots)
    })

    afterAll(async () => {
      await database[Symbol.asyncDispose]()
      await place.remove()
    })

    /** As the API leaves it. */
    async function store(rows: readonly Reservation[]): Promise<void> {
      await database.store.insert(reservations, rows)
      for (const { id } of slots) {
        const taken = rows.filter((row) => row.schedule_id === id).length
        await database.store.update(schedules, { id }, { stock: { add: -taken } })
      }
    }

    it('removes its bookings, gives their places back, and leaves those of others', async () => {
      const began = run.startedAt.getTime()
      const others = [
        book(began - 1, 'ADA--0a1b2c3d-1-1'),
        book(began + 60_001, 'ADA--0a1b2c3d-1-2'),
        book(began + 500, 'ADA--ffffffff-1-1'),
        { ...book(began + 500, 'BABBAGE0000000001', 1), id: v4() },
      ]
      const own = Array.from({ length: 1500 }, (_, i) =>
        book(began + i * 40, `ADA--0a1b2c3d-2-${i}`, i % 3 === 0 ? 1 : 0),
      )
      await store([...others, ...own])
      expect(await withdrawBookings(database, run)).toBe(1500)
      const left = await database.store.find(reservations, {}, { orderBy: ['id'] })
      expect(left.map(({ id }) => id)).toEqual(others.map(({ id }) => id).toSorted())
      const stocks = await database.store.find(schedules, {}, { orderBy: ['id'] })
      expect(stocks.map(({ stock }) => stock)).toEqual([capacity - 3, capacity - 1])
      expect(await withdrawBookings(database, run)).toBe(0)
    })
  })
}
