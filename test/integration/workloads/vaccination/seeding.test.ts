import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { formatCount } from '../../../../src/lib/base/format.ts'
import { emptySum } from '../../../../src/lib/seeding/checksum.ts'
import { chooseStrategy, openBlockStore } from '../../../../src/lib/seeding/block-store.ts'
import { planBlocks } from '../../../../src/lib/seeding/blocks.ts'
import { beginJournal, readJournal, readStored, takeOverJournal } from '../../../../src/lib/seeding/journal.ts'
import { releaseLease } from '../../../../src/lib/seeding/lease.ts'
import type { SeedRecipe } from '../../../../src/lib/seeding/recipe.ts'
import { finishSeeding, resumeSeeding, seedRows } from '../../../../src/lib/seeding/seed.ts'
import { compareSums, sumRecipe, sumTable } from '../../../../src/lib/seeding/verify.ts'
import {
  abandonSeeding,
  createReservationSource,
  deferStock,
  planReservations,
  reservationSeeding,
  settleStock,
  type Amount,
  type Choices,
} from '../../../../src/lib/workloads/vaccination/seeding.ts'
import { vaccination } from '../../../../src/lib/workloads/vaccination/index.ts'
import { insertMissingSlots, raiseCapacity } from '../../../../src/lib/workloads/vaccination/slots.ts'
import { reservations, schedules, type Reservation } from '../../../../src/lib/workloads/vaccination/tables.ts'
import { testVersions, type TestDatabase } from '../../../support/database/engines.ts'
import { findViolations } from '../../../support/ledgers.ts'
import type { SeedOptions } from '../../../../src/lib/seeding/run-blocks.ts'
import { reservationJournal } from '../../../../src/lib/seeding/reservation-journal.ts'

const { parts, storedBlocks } = reservationJournal

const slots = { from: '2000-01-01', years: 1, opens: 480, closes: 1180, every: 7_200_000, capacity: 50 }

/** More than one block of 50,000. */
const manyRows = 60_000
/** Those of the first, which ends with the last row of a slot. */
const firstBlock = 49_983

// FerretDB reads the whole table for each page of a scan.
for (const engine of testVersions.filter(({ name }) => name !== 'ferretdb')) {
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

    const plan = (amount: Amount, choices: Partial<Choices> = {}) =>
      planReservations(database, amount, {
        seed: 'seed',
        keys: 'ascending',
        order: 'grouped',
        indexes: 'before',
        ...choices,
      })
    const options = (rest: Partial<SeedOptions> = {}): SeedOptions => ({
      connections: 1,
      onProgress: () => {},
      ...rest,
    })
    const seed = (recipe: SeedRecipe, rest: Partial<SeedOptions> = {}) =>
      seedRows(database, reservationSeeding, recipe, options(rest))

    async function fillSlots(wanted = slots) {
      let last = { done: 0, total: 0, added: 0 }
      for await (last of insertMissingSlots(database, wanted));
      return last
    }

    async function allReservations(): Promise<Reservation[]> {
      const all: Reservation[] = []
      for await (const row of database.store.scan(reservations)) all.push(row)
      return all
    }

    async function faults(): Promise<string[]> {
      return (await findViolations(database)).map(({ detail }) => detail)
    }

    it('adds only the slots that are missing', async () => {
      expect(await fillSlots()).toEqual({ done: 2196, total: 2196, added: 2196 })
      await database.store.remove(schedules, { month: 3 })
      await database.store.update(schedules, { month: 4 }, { stock: 7 })
      expect(await fillSlots()).toEqual({ done: 2196, total: 2196, added: 186 })
      expect(await fillSlots()).toMatchObject({ added: 0 })
      expect((await database.store.find(schedules, { month: 4 })).every(({ stock }) => stock === 7)).toBe(true)
    })

    it('raises the places of slots, and their stock with them, once', async () => {
      await fillSlots()
      await seed(await plan({ perSlot: 2 }))
      await database.store.update(schedules, { month: 4 }, { max_available: 70, stock: { add: 20 } })
      await expect(plan({ rows: 110_000 })).rejects.toMatchObject({
        code: 'capacity-exceeded',
        message: expect.stringContaining('"rushbench insert-schedules --capacity 71"'),
      })
      expect(await raiseCapacity(database, { ...slots, capacity: 60 })).toBe(2196 - 180)
      expect(await raiseCapacity(database, { ...slots, capacity: 60 })).toBe(0)
      expect(await raiseCapacity(database, { ...slots, capacity: 71, years: 1, opens: 480, closes: 480 })).toBe(366)
      expect(await faults()).toEqual([])
      await plan({ rows: 110_000 })
    })

    it('stores exactly the rows asked for, over more than one block, and keeps the stock true', async () => {
      await fillSlots()
      const progress: number[] = []
      const result = await seed(await plan({ rows: manyRows }), { onProgress: ({ done }) => progress.push(done) })
      expect(result).toMatchObject({ rows: manyRows, resumedAt: 0, interrupted: false, passedOver: [] })
      expect(progress).toEqual([firstBlock, manyRows])
      expect(await database.store.count(reservations)).toBe(manyRows)
      expect(await faults()).toEqual([])
      expect(new Set((await database.store.countBy(reservations, 'schedule_id')).values())).toEqual(new Set([27, 28]))
      expect((await database.tables()).map(({ name }) => name).sort()).toEqual(['reservations', 'schedules'])
    })

    it('stores each block once, though two store all of them at the same time', async () => {
      await fillSlots()
      const recipe = await plan({ rows: manyRows })
      await beginJournal(database, reservationJournal, recipe, null)
      await using other = await connectDatabase(place.url, { poolSize: 2 })
      const storeAll = async (one: Database) => {
        const { strategy } = await chooseStrategy(one)
        const store = await openBlockStore(one, reservationSeeding, recipe, strategy)
        const load = store.createLoader()
        for (const block of store.plans) await load(block)
        for (const block of store.plans) await load(block)
        await store.close()
      }
      await Promise.all([storeAll(database), storeAll(other)])
      expect(await readStored(database, reservationJournal)).toEqual(
        new Set(planBlocks(recipe.parents).map(({ number }) => number)),
      )
      expect(await database.store.count(reservations)).toBe(manyRows)
      await finishSeeding(database, reservationSeeding, recipe)
      expect(await faults()).toEqual([])
    })

    it('makes the same rows from the same seed, and goes on where the table ends', async () => {
      await fillSlots()
      await seed(await plan({ perSlot: 1 }))
      const first = await allReservations()
      await database.store.remove(reservations, {})
      await database.store.update(schedules, {}, { stock: 50 })
      await seed(await plan({ perSlot: 1 }))
      expect(await allReservations()).toEqual(first)
      await seed(await plan({ rows: 100 }))
      expect(await database.store.count(reservations)).toBe(2196 + 100)
      expect(await faults()).toEqual([])
    })

    it.each([
      { keys: 'random', order: 'grouped', indexes: 'before' },
      { keys: 'spread', order: 'shuffled', indexes: 'before' },
      { keys: 'ascending', order: 'grouped', indexes: 'after' },
      { keys: 'random', order: 'shuffled', indexes: 'after' },
    ] as const)(
      'keeps stock true and the rows as the recipe says with %j, on one connection and on more',
      async (choices) => {
        await fillSlots()
        const recipe = await plan({ rows: manyRows }, choices)
        await seed(recipe, { connections: database.traits.concurrentWriters ? 3 : 1 })
        expect(await faults()).toEqual([])
        const expected = await sumRecipe(reservationSeeding, recipe, emptySum, () => {})
        const found = await sumTable(database, reservationSeeding, () => {})
        expect(compareSums(reservationSeeding, expected, found)).toEqual({
          rows: manyRows,
          checksum: expected.checksum,
        })
        await database.store.insert(reservations, [
          { id: 'x'.repeat(36), ticket_id: 't', schedule_id: recipe.parents[0]!.key },
        ])
        const changed = await sumTable(database, reservationSeeding, () => {})
        expect(() => compareSums(reservationSeeding, expected, changed)).toThrow(
          `found ${formatCount(manyRows + 1)} rows`,
        )
      },
    )

    it('stops between two blocks when it is told to, with all that is stored being true, and goes on from there', async () => {
      await fillSlots()
      const stop = new AbortController()
      const recipe = await plan({ rows: manyRows })
      const result = await seed(recipe, { onProgress: () => stop.abort(), signal: stop.signal })
      expect(result).toMatchObject({ rows: firstBlock, interrupted: true })
      expect(await database.store.count(reservations)).toBe(firstBlock)
      if (database.traits.transactions) expect(await faults()).toEqual([])
      await expect(seed(recipe)).rejects.toMatchObject({ code: 'seeding-unfinished' })
      const journal = await readJournal(database, reservationJournal)
      expect(journal).toMatchObject({ recipe, before: null, stored: new Set([0]) })
      expect(await resumeSeeding(database, reservationSeeding, journal!, options())).toMatchObject({
        rows: manyRows - firstBlock,
        resumedAt: firstBlock,
        interrupted: false,
      })
      expect(await faults()).toEqual([])
      expect(await sumTable(database, reservationSeeding, () => {})).toEqual(
        await sumRecipe(reservationSeeding, recipe, emptySum, () => {}),
      )
      expect(await readJournal(database, reservationJournal)).toBeNull()
    })

    it('says that its journal was dropped meanwhile, and what that may have left', async () => {
      await fillSlots()
      const recipe = await plan({ rows: 109_800 })
      await using other = await connectDatabase(place.url, { poolSize: 1 })
      const dropping: Promise<void>[] = []
      const onProgress = (): void => {
        if (dropping.length === 0) dropping.push(other.dropTables([parts, storedBlocks]))
      }
      const seeding = seed(recipe, { onProgress })
      await expect(seeding).rejects.toMatchObject({ code: 'seeding-gone' })
      await Promise.all(dropping)
      if (engine.name !== 'mongodb') return
      // A collection that is missing is made by the server when it is written to.
      await expect(seed(await plan({ rows: 10 }))).rejects.toMatchObject({
        code: 'seeding-remains',
        message: expect.stringMatching(/ has a table rushbench_seeded_blocks without .* drop it by hand/),
      })
      await other.dropTables([storedBlocks])
      await seed(await plan({ rows: 10 }))
    })

    it.each([
      ['the blocks that are stored', storedBlocks],
      ['what was to be stored', parts],
    ])('cannot be gone on with when the table of %s is gone, and is given up all the same', async (_what, table) => {
      await fillSlots()
      const recipe = await plan({ rows: 10 }, { order: 'shuffled', indexes: 'after' })
      await beginJournal(database, reservationJournal, recipe, null)
      await releaseLease(database)
      // As a block is left whose counters wait.
      await database.dropIndexes(reservations)
      const row = { id: 'x'.repeat(36), ticket_id: 't', schedule_id: recipe.parents[0]!.key }
      await database.store.insert(reservations, [row])
      await database.store.insert(storedBlocks, [{ block: 0 }])
      await database.dropTables([table])
      const broken = { code: 'seeding-broken', message: expect.stringContaining('--abandon') }
      await expect(seed(recipe)).rejects.toMatchObject(broken)
      await expect(takeOverJournal(database, reservationJournal, [reservations])).rejects.toMatchObject(broken)
      expect(await abandonSeeding(database, {})).toBe('seeding')
      expect(await readJournal(database, reservationJournal)).toBeNull()
      expect(await database.store.count(reservations)).toBe(1)
      expect(await faults()).toEqual([])
      expect((await database.tables()).map(({ name }) => name).sort()).toEqual(['reservations', 'schedules'])
      await seed(await plan({ rows: 10 }))
    })

    it('can be given up half-way: what is stored stays, and is true', async () => {
      await fillSlots()
      const stop = new AbortController()
      const recipe = await plan({ rows: 109_800 }, { order: 'shuffled', indexes: 'after' })
      await seed(recipe, { onProgress: () => stop.abort(), signal: stop.signal })
      await finishSeeding(database, reservationSeeding, recipe)
      expect(await database.store.count(reservations)).toBe(50_000)
      expect(await faults()).toEqual([])
      expect(await readJournal(database, reservationJournal)).toBeNull()
    })

    it('refuses what does not fit, and slots that are not there', async () => {
      await expect(plan({ rows: 1 })).rejects.toMatchObject({ code: 'no-slots' })
      await fillSlots()
      await expect(plan({ rows: 109_801 })).rejects.toMatchObject({ code: 'capacity-exceeded' })
      await expect(plan({ perSlot: 51 })).rejects.toMatchObject({ code: 'capacity-exceeded' })
    })

    it('stores nothing twice', async () => {
      await fillSlots()
      const recipe = await plan({ rows: 10 })
      await seed(recipe)
      const other = { ...recipe, parents: [{ key: recipe.parents.at(-1)!.key, rows: 5 }] }
      await expect(seed(other)).rejects.toMatchObject({ code: 'rows-differ' })
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
      await deferStock(database, source.slots, 's')
      const places = new Map<number, number>()
      for (let i = 0; i < free; i++) {
        const row = source.next(i % 2 === 0 ? 'ascending' : 'random')
        await inserter.insert(row)
        places.set(row.schedule_id, 1)
      }
      await inserter.close()
      await settleStock(database, places, new Set())
      expect(await faults()).toEqual([])
      expect(await database.store.find(schedules, { stock: { gt: 0 } })).toEqual([])
    })
  })
}
