import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareTables, migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { char, defineTable, int4, integer, nullable, text, time } from '../../../../src/lib/workloads/shared/tables.ts'
import { testVersions, type TestDatabase } from '../../../support/database/engines.ts'
import { runSql } from '../../../support/database/run-sql.ts'

const lines = defineTable({
  name: 'kind_lines',
  columns: { warehouse: int4, order_id: integer, delivered: nullable(time), note: nullable(char(5)) },
  primaryKey: 'warehouse',
  keyColumns: ['warehouse', 'order_id'],
  indexes: [['order_id']],
})

const history = defineTable({
  name: 'kind_history',
  columns: { account: int4, at: time, filler: nullable(text(22)) },
  primaryKey: 'account',
  keyColumns: [],
})

const numbered = defineTable({
  name: 'kind_numbered',
  columns: { id: { type: 'integer', bytes: 4, generated: true }, k: int4 },
  primaryKey: 'id',
})

const tables = [lines, history, numbered]

describe.each(testVersions)('tables of all kinds on $name', ({ name, open }) => {
  let scratch: TestDatabase
  let database: Database

  beforeAll(async () => {
    if (!open) return
    scratch = await open()
    database = await connectDatabase(scratch.url, { poolSize: 2 })
  })
  afterAll(async () => {
    await database[Symbol.asyncDispose]()
    await scratch.remove()
  })

  const isSql = !['mongodb', 'ferretdb', 'redis'].includes(name)

  it.each(open && isSql ? [name] : [])('are made as they are declared, and hold what they are given', async () => {
    await migrateUp(database, 'kinds', tables)
    const compared = await compareTables(database, 'kinds', tables)
    expect(compared.map(({ state, differences }) => [state, differences])).toEqual(tables.map(() => ['present', []]))
    const line = { warehouse: 1, order_id: 2, delivered: null, note: null }
    const other = { warehouse: 1, order_id: 1, delivered: '2026-01-31 08:00:00.000000', note: 'x' }
    await database.store.insert(lines, [line, other])
    await expect(database.store.insert(lines, [line])).rejects.toThrow(/unique|duplicate/i)
    const [found, second] = await database.store.find(lines, { warehouse: 1 }, { orderBy: ['order_id'] })
    expect(second).toEqual(line)
    // PostgreSQL leaves out digits that are zero, and gives the blanks that the others leave out.
    expect(found?.delivered?.replace(/\.0+$/, '')).toBe('2026-01-31 08:00:00')
    expect(found?.note?.trimEnd()).toBe('x')
    const row = { account: 1, at: '2026-01-31 08:00:00.5', filler: null }
    await database.store.insert(history, [row, row])
    expect(await database.store.count(history)).toBe(2)
    await expect(async () => {
      for await (const each of database.store.scan(history)) void each
    }).rejects.toThrow('kind_history has no key: it can only be read by statements of its own')
    await expect(async () => {
      for await (const each of database.store.scan(lines)) void each
    }).rejects.toThrow('kind_lines has a key of several columns (warehouse, order_id)')
  })

  it.each(open && isSql ? [name] : [])('number rows that come without a number', async () => {
    await runSql(
      scratch.url,
      [7, 8].map((k) => `insert into kind_numbered (k) values (${k})`),
    )
    expect(await database.store.find(numbered, {}, { orderBy: ['id'] })).toEqual([
      { id: 1, k: 7 },
      { id: 2, k: 8 },
    ])
  })

  it.each(open && !isSql ? [name] : [])('are refused where the engine has nothing of the kind', async () => {
    const refused = [
      { table: lines, reason: 'its key has several columns (warehouse, order_id)' },
      { table: history, reason: 'it has no key' },
      { table: numbered, reason: 'its column id is numbered by the database' },
    ]
    for (const { table, reason } of refused) {
      await expect(migrateUp(database, 'kinds', [table])).rejects.toMatchObject({
        code: 'table-unsupported',
        message: expect.stringContaining(reason) as string,
      })
    }
    expect(await database.tables()).toEqual([])
  })
})
