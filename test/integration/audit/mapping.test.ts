import { Long, MongoClient, ObjectId, UUID } from 'mongodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openAudit } from '../../../src/lib/audit/open-audit.ts'
import { auditMapping } from '../../../src/lib/audit/mapping.ts'
import type { Database } from '../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../src/lib/adapters/databases/registry.ts'
import type { LedgerEntry } from '../../../src/lib/ports/scenario.ts'
import { vaccination } from '../../../src/lib/workloads/vaccination/index.ts'
import type { Violation } from '../../../src/lib/ports/workload.ts'
import { entriesOf, noBroker, unwatched } from '../../support/ledgers.ts'
import { testEngines, type TestDatabase } from '../../support/database/engines.ts'
import { runSql } from '../../support/database/run-sql.ts'
import { openDatabaseClient } from '../../support/database/no-client.ts'

/** Runs SQL that quotes names with `"`, as another program would. */
const execute = (url: string, ...statements: string[]) =>
  runSql(url, url.startsWith('mysql:') ? statements.map((sql) => sql.replaceAll('"', '`')) : statements)

/** Names that every engine needs quoted. */
const schema = [
  'create table "group" ("no" bigint primary key, "limit" integer not null, "left" integer)',
  'create table "order" ("no" bigint primary key, "key" varchar(50), "group" bigint, "select" varchar(20))',
]

const shows = { table: 'group', id: 'no', capacity: 'limit', available: 'left' }
const orders = {
  table: 'order',
  id: 'no',
  key: 'key',
  resource: 'group',
  status: { column: 'select', booked: ['paid', 'reserved'] },
}

const booked = (id: number, key: string, resource: string | number = 1): LedgerEntry => {
  return { outcome: 'booked', key, resource, id: String(id) }
}

for (const engine of testEngines.filter(({ name }) => name !== 'mongodb' && name !== 'redis')) {
  describe.skipIf(engine.open === null)(`the audit of somebody else's tables on ${engine.name}`, () => {
    let place: TestDatabase
    let database: Database

    beforeEach(async () => {
      place = await engine.open!()
      await execute(place.url, ...schema, 'insert into "group" values (1, 2, 2), (2, 1, 1)')
      database = await connectDatabase(place.url, { poolSize: 1 })
    })

    afterEach(async () => {
      await database[Symbol.asyncDispose]()
      await place.remove()
    })

    async function audit(entries: readonly LedgerEntry[], mapping: object = { bookings: orders, resources: shows }) {
      // Whatever writes is not there at all.
      const { find, scan, count } = database.store
      const { url, collations } = database
      const readOnly = { url, collations, store: { find, scan, count } } as unknown as Database
      const found: Violation[] = []
      const hold = await openAudit(
        { database: readOnly, openBroker: noBroker, openDatabaseClient },
        vaccination,
        auditMapping.parse(mapping),
      )
      for await (const violation of hold(entriesOf(entries), unwatched)) found.push(violation)
      return found
    }

    const insert = (...rows: string[]) => execute(place.url, `insert into "order" values ${rows.join()}`)
    const setLeft = (left: number) => execute(place.url, `update "group" set "left" = ${left} where "no" = 1`)

    it('passes where all is well; what was cancelled does not count', async () => {
      await insert(`(10, 'a', 1, 'paid')`, `(11, 'b', 1, 'reserved')`, `(12, 'a', 1, 'cancelled')`)
      await setLeft(0)
      expect(await audit([booked(10, 'a'), booked(11, 'b', '1')])).toEqual([])
    })

    it('finds what was lost, doubled, oversold, or stored without an answer', async () => {
      await insert(`(10, 'a', 1, 'paid')`, `(11, 'a', 1, 'paid')`, `(12, 'b', 1, 'cancelled')`, `(13, 'c', 1, 'paid')`)
      await setLeft(0)
      expect(await audit([booked(10, 'a'), booked(12, 'b'), { outcome: 'unknown', key: 'c', resource: 1 }])).toEqual([
        { kind: 'unknown-committed', key: 'c', detail: 'stored as 13 for 1, though it was not acknowledged' },
        { kind: 'duplicate', key: 'a', detail: 'acknowledged as 10 for 1, 2 times in the table: also as 11 for 1' },
        { kind: 'lost', key: 'b', detail: 'acknowledged as 12 for 1, not in the table' },
        { kind: 'oversold', key: 'group 1', detail: '3 order for 2 places, left says 0' },
      ])
    })

    it('takes one number of places for all, and no word on what is free', async () => {
      await insert(`(10, 'a', 1, 'paid')`, `(11, 'b', 1, 'paid')`, `(12, 'c', 2, 'paid')`)
      const resources = { table: 'group', id: 'no', capacity: 1 }
      expect(await audit([], { bookings: orders, resources })).toEqual([
        { kind: 'oversold', key: 'group 1', detail: '2 order for 1 places' },
      ])
      expect(await audit([], { bookings: orders })).toEqual([])
    })

    it('finds bookings of what does not exist', async () => {
      await insert(`(10, 'a', 3, 'paid')`, `(11, 'b', null, 'paid')`)
      expect(await audit([])).toEqual([
        { kind: 'oversold', key: 'group 3', detail: '1 order for what is not in the table' },
      ])
    })

    it.each([
      { bookings: { ...orders, table: 'nowhere' } },
      { bookings: { ...orders, key: 'nowhere' } },
      { bookings: { ...orders, id: 'nowhere' } },
      { bookings: orders, resources: { ...shows, capacity: 'nowhere' } },
    ])('says what of the mapping is wrong: %j', async (mapping) => {
      await expect(audit([], mapping)).rejects.toMatchObject({
        code: 'mapping-wrong',
        message: expect.stringContaining('nowhere'),
      })
    })

    it('names some of many that are stored under one key', async () => {
      await insert(...[10, 11, 12, 13, 14, 15, 16].map((id) => `(${id}, 'a', 1, 'paid')`))
      const found = await audit([booked(10, 'a')], { bookings: orders })
      const named = [11, 12, 13, 14, 15].map((id) => `as ${id} for 1`).join(', ')
      const detail = `acknowledged as 10 for 1, 7 times in the table: also ${named} and 1 more`
      expect(found).toEqual([{ kind: 'duplicate', key: 'a', detail }])
    })

    it('refuses an id that is not unique, by which rows would be left out', async () => {
      await insert(`(10, 'a', 1, 'paid')`, `(11, 'b', 1, 'paid')`)
      const mapping = { bookings: { ...orders, id: 'group' } }
      await expect(audit([], mapping)).rejects.toThrow('order.group has 1 twice; it must be unique')
    })

    it('refuses places that are no number', async () => {
      await execute(place.url, 'update "group" set "left" = null where "no" = 2')
      await expect(audit([])).rejects.toThrow('group.left has null, which is no number')
    })

    it('does not take ids past 2^53 for one another', async () => {
      const [id, next] = ['9007199254740993', '9007199254740992']
      await insert(`(${id}, 'a', 1, 'paid')`)
      await setLeft(1)
      const entry: LedgerEntry = { outcome: 'booked', key: 'a', resource: 1, id: next }
      if (engine.name !== 'sqlite') {
        expect(await audit([entry])).toMatchObject([{ kind: 'lost', detail: expect.stringContaining(id) }])
        expect(await audit([{ ...entry, id: id }])).toEqual([])
      } else await expect(audit([entry])).rejects.toMatchObject({ code: 'mapping-wrong' })
    })
  })
}

/** Columns whose values are equal though they are written otherwise, and what an API says of what is stored in them. */
const alike: Readonly<Record<string, readonly (readonly [type: string, stored: string, said: string])[]>> = {
  sqlite: [
    ['text collate nocase', "'Ada'", 'ADA'],
    ['text collate rtrim', "'ADA'", 'ADA  '],
    ['numeric', "'7.50'", '7.5'],
    ['integer', "'007'", '07'],
  ],
  postgres: [
    ['char(20)', "'ADA'", 'ADA'],
    ['numeric(20, 2)', '15859600', '15859600'],
    ['numeric', '9007199254740993.0', '9007199254740993'],
    ['bigint', '9007199254740993', '9007199254740993'],
    ['uuid', "'01a1fd1f-f4fb-7057-bf95-e1b115714b8d'", '01A1FD1F-F4FB-7057-BF95-E1B115714B8D'],
    ['serial_no', '7', '007'],
  ],
  mariadb: [
    ['char(20)', "'ADA'", 'ADA  '],
    ['decimal(20, 2)', '15859600', '15859600'],
    ['bigint', '9007199254740993', '9007199254740993'],
    ['varchar(20) character set utf8mb4 collate utf8mb4_general_ci', "'Zo\u00eb'", 'ZOE '],
    ['varchar(20) character set utf8mb4 collate utf8mb4_bin', "'Zoe'", 'Zoe'],
    ['uuid', "'01a1fd1f-f4fb-7057-bf95-e1b115714b8d'", '01A1FD1F-F4FB-7057-BF95-E1B115714B8D'],
  ],
}

const unusable: Readonly<Record<string, readonly string[]>> = {
  postgres: ['bytea', 'timestamptz', 'jsonb', 'text[]', 'text collate loose'],
  mariadb: ['varbinary(20)', 'datetime', 'blob'],
}

/** What PostgreSQL needs for them. */
const beforehand: Readonly<Record<string, readonly string[]>> = {
  postgres: [
    'create domain serial_no as integer check (value > 0)',
    "create collation loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
  ],
}

for (const engine of testEngines.filter(({ name }) => name in alike)) {
  describe.skipIf(engine.open === null)(`keys as ${engine.name} compares them`, () => {
    let place: TestDatabase
    let database: Database

    beforeAll(async () => {
      place = await engine.open!()
      await execute(place.url, ...(beforehand[engine.name] ?? []))
      database = await connectDatabase(place.url, { poolSize: 1 })
    })

    afterAll(async () => {
      await database[Symbol.asyncDispose]()
      await place.remove()
    })

    const columns = { id: 'no', key: 'reference', resource: 'show' } as const

    async function audit(table: string, entries: readonly LedgerEntry[], status: object = {}) {
      const mapping = auditMapping.parse({ bookings: { table, ...columns, ...status } })
      const found: Violation[] = []
      const hold = await openAudit({ database, openBroker: noBroker, openDatabaseClient }, vaccination, mapping)
      for await (const violation of hold(entriesOf(entries), unwatched)) found.push(violation)
      return found
    }

    it.each(alike[engine.name]!.map((one, index) => [...one, index] as const))(
      'takes %s: %s for what an API calls %s',
      async (type, stored, said, index) => {
        const table = `alike_${index}`
        const row = (value: string) => [value, value, value, value].join()
        await execute(
          place.url,
          `create table "${table}" ("no" ${type} primary key, "reference" ${type}, "show" ${type}, "state" ${type})`,
          `insert into "${table}" values (${row(stored)})`,
        )
        const status = { status: { column: 'state', booked: [said] } }
        const entry: LedgerEntry = { outcome: 'booked', key: said, resource: said, id: said }
        expect(await audit(table, [entry], status)).toEqual([])
        const other: LedgerEntry = { ...entry, id: `${said}1`, key: `${said}1`, resource: `${said}1` }
        expect(await audit(table, [entry, other], status)).toMatchObject([{ kind: 'lost', key: `${said}1` }])
        const refused: LedgerEntry = { outcome: 'conflict', key: said, resource: said }
        expect(await audit(table, [refused], status)).toMatchObject([
          {
            kind: 'refused-committed',
            detail: expect.stringMatching(/API refused it, unless it was there before the run$/),
          },
        ])
      },
    )

    it.each(unusable[engine.name]?.map((type, index) => [type, index] as const) ?? [])(
      'refuses %s before anything is loaded',
      async (type, index) => {
        const table = `unusable_${index}`
        await execute(
          place.url,
          `create table "${table}" ("no" integer primary key, "reference" ${type}, "show" integer)`,
        )
        await expect(audit(table, [])).rejects.toMatchObject({
          code: 'mapping-wrong',
          message: expect.stringMatching(
            new RegExp(`${table}.reference is .*, which cannot be checked against the texts`),
          ),
        })
      },
    )
  })
}

const mongodb = testEngines.find(({ name }) => name === 'mongodb')!

describe.skipIf(mongodb.open === null)("the audit of somebody else's collections", () => {
  it('compares numbers and ids as they are kept, and refuses times', async () => {
    const place = await mongodb.open!()
    try {
      await using client = new MongoClient(place.url)
      const id = new ObjectId()
      const key = '01a1fd1f-f4fb-7057-bf95-e1b115714b8d'
      const row = { _id: id, key: new UUID(key), show: Long.fromString('9007199254740993'), at: new Date(0) }
      await client.db().collection<typeof row>('orders').insertOne(row)
      await using database = await connectDatabase(place.url, { poolSize: 1 })
      const bookings = { table: 'orders', id: '_id', key: 'key', resource: 'show' }
      const open = (mapping: object) =>
        openAudit(
          { database, openBroker: noBroker, openDatabaseClient },
          vaccination,
          auditMapping.parse({ bookings: mapping }),
        )
      const audit = await open(bookings)
      const find = async (entry: Omit<LedgerEntry, 'outcome'>) => {
        const found: Violation[] = []
        const entries = entriesOf([{ ...entry, outcome: 'booked' }])
        for await (const violation of audit(entries, unwatched)) found.push(violation)
        return found.map(({ kind }) => kind)
      }
      const entry = { key: key.toUpperCase(), resource: '9007199254740993', id: String(id).toUpperCase() }
      expect(await find(entry)).toEqual([])
      expect(await find({ ...entry, resource: '9007199254740992' })).toEqual(['lost'])
      await expect(open({ ...bookings, key: 'at' })).rejects.toThrow(
        'orders.at is Date, which cannot be checked against',
      )
    } finally {
      await place.remove()
    }
  })

  it('reads ids that MongoDB made', async () => {
    const place = await mongodb.open!()
    try {
      await using client = new MongoClient(place.url)
      const { insertedIds } = await client
        .db()
        .collection('orders')
        .insertMany([
          { ref: 'a', show: 1 },
          { ref: 'b', show: 1 },
        ])
      await using database = await connectDatabase(place.url, { poolSize: 1 })
      const bookings = { table: 'orders', id: '_id', key: 'ref', resource: 'show' }
      const audit = await openAudit(
        { database, openBroker: noBroker, openDatabaseClient },
        vaccination,
        auditMapping.parse({ bookings }),
      )
      const entries = ['a', 'b', 'c'].map((key, index): LedgerEntry => {
        return { outcome: 'booked', key, resource: 1, id: String(insertedIds[index] ?? 'none') }
      })
      const found: Violation[] = []
      for await (const violation of audit(entriesOf(entries), unwatched)) found.push(violation)
      expect(found).toMatchObject([{ kind: 'lost', key: 'c' }])
      const mapping = auditMapping.parse({ bookings: { ...bookings, key: 'nowhere' } })
      const violations = (
        await openAudit({ database, openBroker: noBroker, openDatabaseClient }, vaccination, mapping)
      )(entriesOf(entries), unwatched)
      await expect(violations[Symbol.asyncIterator]().next()).rejects.toThrow('orders.nowhere is not there')
    } finally {
      await place.remove()
    }
  })
})
