import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrateUp } from '../../../src/lib/databases/migrate.ts'
import type { Database } from '../../../src/lib/databases/port.ts'
import { connectDatabase } from '../../../src/lib/databases/registry.ts'
import { createMemoryLedger } from '../../../src/lib/load/ledger.ts'
import { seedRows } from '../../../src/lib/seeding/seed.ts'
import { auditBookings } from '../../../src/lib/workloads/vaccination/audit.ts'
import { vaccination } from '../../../src/lib/workloads/vaccination/index.ts'
import { createReservationSource, planReservations } from '../../../src/lib/workloads/vaccination/seeding.ts'
import { insertMissingSlots } from '../../../src/lib/workloads/vaccination/slots.ts'
import { reservations, schedules, type Reservation } from '../../../src/lib/workloads/vaccination/tables.ts'
import { testEngines, type TestDatabase } from '../databases/engines.ts'

const slots = { from: '2000-01-01', years: 1, opens: 480, closes: 1180, every: 7_200_000, capacity: 50 }

for (const engine of testEngines) {
  describe.skipIf(engine.open === null)(`seeding on ${engine.name}`, () => {
    let place: TestDatabase
    let database: Database

    beforeEach(async () => {
      place = await engine.open!()
      database = await connectDatabase(place.url, { poolSize: 2 })
      await migrateUp(database, 'vaccination', vaccination.tables)
    })

    afterEach(async () => {
      await database[Symbol.asyncDispose]()
      await place.remove()
    })

    async function fillSlots(options = slots) {
      let last = { done: 0, total: 0, added: 0 }
      for await (last of insertMissingSlots(database, options));
      return last
    }

    async function allReservations(): Promise<Reservation[]> {
      const all: Reservation[] = []
      for await (const row of database.store.scan(reservations)) all.push(row)
      return all
    }

    async function faults(): Promise<string[]> {
      const found: string[] = []
      for await (const { detail } of auditBookings(database, createMemoryLedger())) found.push(detail)
      return found
    }

    it('adds only the slots that are missing', async () => {
      expect(await fillSlots()).toEqual({ done: 2196, total: 2196, added: 2196 })
      await database.store.remove(schedules, { month: 3 })
      await database.store.update(schedules, { month: 4 }, { stock: 7 })
      expect(await fillSlots()).toEqual({ done: 2196, total: 2196, added: 186 })
      expect(await fillSlots()).toMatchObject({ added: 0 })
      expect((await database.store.find(schedules, { month: 4 })).every(({ stock }) => stock === 7)).toBe(true)
    })

    it('stores exactly the rows asked for, over more than one block, and keeps the stock true', async () => {
      await fillSlots()
      const progress: number[] = []
      const plan = await planReservations(database, { rows: 60_000 }, 'seed')
      const result = await seedRows(database, plan, ({ done }) => progress.push(done))
      expect(result).toMatchObject({ rows: 60_000, interrupted: false, passedOver: [] })
      expect(progress).toEqual([50_000, 60_000])
      expect(await database.store.count(reservations)).toBe(60_000)
      expect(await faults()).toEqual([])
      expect(new Set((await database.store.countBy(reservations, 'schedule_id')).values())).toEqual(new Set([27, 28]))
    })

    it('makes the same rows from the same seed, and goes on where the table ends', async () => {
      await fillSlots()
      await seedRows(database, await planReservations(database, { perSlot: 1 }, 'seed'), () => {})
      const first = await allReservations()
      await database.store.remove(reservations, {})
      await database.store.update(schedules, {}, { stock: 50 })
      await seedRows(database, await planReservations(database, { perSlot: 1 }, 'seed'), () => {})
      expect(await allReservations()).toEqual(first)
      await seedRows(database, await planReservations(database, { rows: 100 }, 'seed'), () => {})
      expect(await database.store.count(reservations)).toBe(2196 + 100)
      expect(await faults()).toEqual([])
    })

    it('stops between two blocks when it is told to, with all that is stored being true', async () => {
      await fillSlots()
      const stop = new AbortController()
      const plan = await planReservations(database, { rows: 109_800 }, 'seed')
      const result = await seedRows(database, plan, () => stop.abort(), stop.signal)
      expect(result).toMatchObject({ rows: 50_000, interrupted: true })
      expect(await database.store.count(reservations)).toBe(50_000)
      expect(await faults()).toEqual([])
    })

    it('refuses what does not fit, and slots that are not there', async () => {
      await expect(planReservations(database, { rows: 1 }, 's')).rejects.toMatchObject({ code: 'no-slots' })
      await fillSlots()
      await expect(planReservations(database, { rows: 109_801 }, 's')).rejects.toMatchObject({
        code: 'capacity-exceeded',
      })
      await expect(planReservations(database, { perSlot: 51 }, 's')).rejects.toMatchObject({
        code: 'capacity-exceeded',
      })
    })

    it('stores nothing twice', async () => {
      await fillSlots()
      const plan = await planReservations(database, { rows: 10 }, 'seed')
      await seedRows(database, plan, () => {})
      const again = seedRows(database, plan, () => {})
      // Without transactions, loading a block again is how one that was stored in part is completed.
      if (engine.traits.transactions) await expect(again).rejects.toMatchObject({ code: 'rows-differ' })
      else await again
      expect(await database.store.count(reservations)).toBe(10)
      expect(await faults()).toEqual([])
    })

    it('gives single reservations for slots with room, and settles their stock', async () => {
      await fillSlots({ ...slots, capacity: 1, every: 39_600_000 })
      const free = await database.store.count(schedules)
      await expect(createReservationSource(database, free + 1, 's')).rejects.toMatchObject({
        code: 'capacity-exceeded',
      })
      const source = await createReservationSource(database, free, 's')
      const inserter = await database.openInserter(reservations)
      for (let i = 0; i < free; i++) await inserter.insert(source.next())
      await inserter.close()
      await source.settle()
      expect(await faults()).toEqual([])
      expect(await database.store.find(schedules, { stock: { gt: 0 } })).toEqual([])
    })
  })
}
