import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describeDifference, describeExtras } from '../../../../src/lib/adapters/databases/table-shapes.ts'
import { compareTables, migrateDown, migrateUp, requireTables } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { AnyTable, Database } from '../../../../src/lib/ports/database.ts'
import { readFacts } from '../../../../src/lib/adapters/databases/server-facts.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { workloadsOn } from '../../../support/workloads.ts'
import { withClient } from '../../../support/database/redis-databases.ts'
import { alterations, withNotes } from '../../../support/database/alterations.ts'
import { testVersions, type TestDatabase } from '../../../support/database/engines.ts'
import { runSql } from '../../../support/database/run-sql.ts'
import { seat, seats, show, shows, tables, workload } from '../../../support/database/tables.ts'

async function compared(database: Database, wanted: readonly AnyTable[] = withNotes) {
  const comparisons = await compareTables(database, workload, wanted)
  return {
    states: comparisons.map(({ state }) => state),
    notCompared: comparisons.flatMap((each) => each.notCompared ?? []),
    differences: comparisons.flatMap(({ name, differences }) =>
      differences.map((difference) => describeDifference(name, difference)),
    ),
    extras: comparisons.flatMap(({ name, extras }) => describeExtras(extras).map((extra) => `${name}: ${extra}`)),
  }
}

const asMade = { notCompared: [], differences: [], extras: [] }

describe.each(testVersions)('$name', ({ name, open }) => {
  let place: TestDatabase
  let database: Database

  beforeAll(async () => {
    if (open === null) return
    place = await open()
    database = await connectDatabase(place.url, { poolSize: 2 })
  })
  afterAll(async () => {
    await database?.[Symbol.asyncDispose]()
    await place?.remove()
  })

  afterEach(async () => {
    if (open !== null) await migrateDown(database, workload, withNotes)
  })

  const kind = name.replace(/\d+$/, '')

  it.skipIf(open === null)('finds the tables of every workload as they were made', async () => {
    for (const made of await workloadsOn(database.url)) {
      await migrateUp(database, made.name, made.tables)
      for (const { name: table, state, ...comparison } of await compareTables(database, made.name, made.tables)) {
        expect({ table, state, ...comparison }).toEqual({ table, state: 'present', differences: [], extras: [] })
      }
      await migrateDown(database, made.name, made.tables)
    }
  })

  it.skipIf(open === null)('finds indexes that were dropped, until they are made again', async () => {
    await migrateUp(database, workload, withNotes)
    expect(await compared(database)).toEqual({ states: ['present', 'present', 'present'], ...asMade })
    await database.dropIndexes(seats)
    const { states, differences } = await compared(database)
    expect(states).toEqual(['present', 'differs', 'present'])
    expect(differences).toContain('seats lacks index (show_id)')
    expect(differences.includes('seats lacks reference (show_id) to shows (id)')).toBe(
      kind === 'mariadb' || kind === 'mysql',
    )
    await database.createIndexes(seats)
    expect(await compared(database)).toEqual({ states: ['present', 'present', 'present'], ...asMade })
    await migrateDown(database, workload, withNotes)
    expect((await compared(database)).states).toEqual(['missing', 'missing', 'missing'])
  })

  it.skipIf(open === null).for(alterations[kind] ?? [])(
    'finds $name',
    async ({ sql, differences = [], extras = [] }) => {
      await migrateUp(database, workload, withNotes)
      const mark = (await database.tables()).find((table) => table.name === 'seats')?.mark ?? ''
      await runSql(
        place.url,
        sql.map((text) => text.replace('MARK', mark)),
      )
      const found = await compared(database)
      expect(found).toMatchObject({ notCompared: [], differences })
      expect(found.extras).toHaveLength(extras.length)
      for (const [at, extra] of extras.entries()) expect(found.extras[at]).toMatch(extra)
      expect(found.states.includes('differs')).toBe(differences.length > 0)
      // Who alters a table means to measure it so.
      await requireTables(database, workload, withNotes)
    },
  )

  it.skipIf(open === null).for(kind === 'postgres' ? [kind] : [])(
    'counts the rows and bytes of partitions',
    async () => {
      await migrateUp(database, workload, withNotes)
      const recipe = alterations['postgres']?.find((alteration) => alteration.name === 'partitions')
      const mark = (await database.tables()).find((table) => table.name === 'seats')?.mark ?? ''
      await runSql(place.url, recipe?.sql.map((text) => text.replace('MARK', mark)) ?? [])
      await database.store.insert(shows, [show(1)])
      await database.store.insert(
        seats,
        Array.from({ length: 500 }, () => seat(1)),
      )
      await runSql(place.url, ['analyze'])
      const found = (await readFacts(database, tables))?.tables.find((table) => table.name === 'seats')
      expect(found).toMatchObject({
        rows: 500,
        extras: ['2 partitions: s0, s1'],
        differences: ['seats lacks unique index (holder)'],
      })
      // 500 keys of 36 characters.
      expect(found?.bytes).toBeGreaterThan(18_000)
      expect(found?.indexBytes).toBeGreaterThan(18_000)
      for (const { bytes } of found?.indexes ?? []) expect(bytes).toBeGreaterThan(4000)
    },
  )

  it.skipIf(open === null).for(kind === 'ferretdb' || kind === 'mongodb' ? [kind] : [])(
    'finds what was done to indexes of a collection',
    async () => {
      await migrateUp(database, workload, withNotes)
      const client = await new MongoClient(place.url).connect()
      await client.db().collection('shows').dropIndex('free_1')
      await client.db().collection('seats').createIndex({ holder: 1, show_id: -1 }, { name: 'by_holder' })
      await client.close()
      expect(await compared(database)).toEqual({
        states: ['differs', 'present', 'present'],
        notCompared: [],
        differences: ['shows lacks index (free)'],
        extras: ['seats: index by_holder (holder, show_id desc)'],
      })
    },
  )

  it.skipIf(open === null).for(kind === 'redis' ? [kind] : [])('finds indexes that are being made again', async () => {
    await migrateUp(database, workload, withNotes)
    await withClient(place.url, (client) => client.hSet('rushbench:tables', 'shows:indexes', 'building'))
    expect(await compared(database)).toMatchObject({
      states: ['differs', 'present', 'present'],
      differences: ['shows has index (free) building, and not (free)'],
      extras: [],
    })
  })

  it.skipIf(open === null)('compares no table that is not ours', async () => {
    await migrateUp(database, workload, tables)
    const shared = await compareTables(database, 'contract2', tables)
    expect(shared).toEqual(tables.map((table) => ({ name: table.name, state: 'foreign', differences: [], extras: [] })))
    const changed = [shows, { ...seats, indexes: [] }]
    expect((await compared(database, changed)).states).toEqual(['present', 'outdated'])
  })

  it.skipIf(open === null)('says why a catalog could not be read', async () => {
    await migrateUp(database, workload, tables)
    await database.store.insert(shows, [show(1)])
    const closed: Database = { ...database, shapes: () => Promise.reject(new Error('no such view')) }
    expect(await compareTables(closed, workload, tables)).toEqual(
      ['shows', 'seats'].map((table) => {
        return { name: table, state: 'present', differences: [], extras: [], notCompared: 'no such view' }
      }),
    )
    expect(await compareTables(closed, workload, [shows])).toContainEqual({
      name: 'seats',
      state: 'unused',
      differences: [],
      extras: [],
    })
    const facts = await readFacts(closed, tables)
    expect(facts?.tables).not.toEqual([])
    expect(JSON.stringify(facts)).not.toMatch(/differences|extras/)
  })
})
