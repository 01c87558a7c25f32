import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { seedRows } from '../../../../src/lib/seeding/seed.ts'
import { vaccination } from '../../../../src/lib/workloads/vaccination/index.ts'
import { createKeySource, keysAreClustered } from '../../../../src/lib/workloads/vaccination/keys.ts'
import { planReservations, reservationSeeding } from '../../../../src/lib/workloads/vaccination/seeding.ts'
import { insertMissingSlots } from '../../../../src/lib/workloads/vaccination/slots.ts'
import { reservations, schedules } from '../../../../src/lib/workloads/vaccination/tables.ts'
import { testVersions, type TestDatabase } from '../../../support/database/engines.ts'

const slots = { from: '2000-01-01', years: 1, opens: 480, closes: 480, every: 7_200_000, capacity: 50 }
const slot = Date.UTC(2000, 0, 1, 8) / 60_000

for (const engine of testVersions) {
  describe.skipIf(engine.open === null)(`keys on ${engine.name}`, () => {
    let place: TestDatabase
    let database: Database

    beforeEach(async () => {
      place = await engine.open!()
      database = await connectDatabase(place.url, { poolSize: 2 })
      await migrateUp(database, 'vaccination', vaccination.tables)
      for await (const _ of insertMissingSlots(database, slots));
    })

    afterEach(async () => {
      await database[Symbol.asyncDispose]()
      await place.remove()
    })

    const store = (...ids: string[]) =>
      database.store.insert(
        reservations,
        ids.map((id) => ({ id, ticket_id: 'T', schedule_id: slot })),
      )

    it('ascend from now in an empty table, as those of the API do', async () => {
      const source = await createKeySource(database)
      const keys = Array.from({ length: 5000 }, () => source.ascending())
      expect(keys).toEqual(keys.toSorted())
      expect(new Set(keys).size).toBe(5000)
      const time = Number.parseInt(keys[0]!.replaceAll('-', '').slice(0, 12), 16)
      expect(Math.abs(time - Date.now())).toBeLessThan(10_000)
    })

    it.each([
      ['0190a1b2-c3d4-7000-8000-000000000000', 'ffff0000-0001-4000-8000-000000000000'],
      ['00000000-0000-4000-8000-000000000000', 'f0123456-789a-4000-8000-000000000000'],
      ['fffffffe-ffff-4fff-bfff-ffffffffffff', '7fffffff-ffff-4fff-bfff-ffffffffffff'],
    ])('ascend above %s and %s', async (...ids) => {
      await store(...ids)
      const source = await createKeySource(database)
      const keys = [source.ascending(), source.ascending()]
      expect([...ids, ...keys].toSorted().slice(-2)).toEqual(keys)
      await store(...keys)
      const next = (await createKeySource(database)).ascending()
      expect([next, ...keys].toSorted().at(-1)).toBe(next)
    })

    it('tells a table of ascending keys from one that random keys can be measured in', async () => {
      const recipeOf = (rows: number, keys: 'ascending' | 'spread' | 'random') =>
        planReservations(database, { rows }, { seed: 'seed', keys, order: 'grouped', indexes: 'before' })
      const seed = async (rows: number, keys: 'ascending' | 'spread' | 'random') =>
        seedRows(database, reservationSeeding, await recipeOf(rows, keys), { connections: 1, onProgress() {} })
      expect(await keysAreClustered(database)).toBe(false)
      await seed(2000, 'spread')
      await seed(2000, 'random')
      expect(await keysAreClustered(database)).toBe(false)
      await database.store.remove(reservations, {})
      await database.store.update(schedules, {}, { stock: 50 })
      await seed(5000, 'ascending')
      expect(await keysAreClustered(database)).toBe(true)
      const source = await createKeySource(database)
      // So few that hardly ever (once in 30,000 times) five of the nine places looked at lie just before one of them.
      await store(...Array.from({ length: 5 }, () => source.random()))
      expect(await keysAreClustered(database)).toBe(true)
    })

    it('are anywhere when they are random', async () => {
      const source = await createKeySource(database)
      const firstDigits = new Set(Array.from({ length: 500 }, () => source.random()[0]))
      expect(firstDigits.size).toBe(16)
    })
  })
}
