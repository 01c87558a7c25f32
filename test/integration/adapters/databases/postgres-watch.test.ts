import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { migrateDown, migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Database, RowWatch } from '../../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { testVersions, type TestDatabase } from '../../../support/database/engines.ts'
import { createReader, letter, letters } from '../../../support/database/watch-contract.ts'

const engines = testVersions.filter(({ name, open }) => name.startsWith('postgres') && open !== null)

describe.skipIf(engines.length === 0).for(engines)('watching a table of $name', (engine) => {
  let place: TestDatabase
  let database: Database
  let admin: Client
  let watch: RowWatch | null = null
  let reader: ReturnType<typeof createReader>

  beforeEach(async () => {
    place = await engine.open!()
    database = await connectDatabase(place.url, { poolSize: 2 })
    admin = new Client({ connectionString: place.url })
    await admin.connect()
    await migrateUp(database, 'watch', [letters])
    reader = createReader()
  })

  afterEach(async () => {
    await watch?.close()
    watch = null
    await admin.end()
    await database[Symbol.asyncDispose]()
    await place.remove()
  })

  const insert = (client: Client, id: string) =>
    client.query('insert into letters (id, body) values ($1, $2)', [id, '{}'])

  const listeners = `from pg_stat_activity where datname = current_database() and query like 'listen %'`

  it('tells of rows that are committed in another order than they were stored in', async () => {
    watch = await database.watchRows(letters, reader.listener)
    const slow = new Client({ connectionString: place.url })
    await slow.connect()
    await slow.query('begin')
    await insert(slow, 'first')
    await insert(admin, 'second')
    await reader.waitFor(1)
    expect([...reader.read.keys()]).toEqual(['second'])
    await slow.query('commit')
    await reader.waitFor(2)
    await slow.end()
  })

  it('catches up with what came while its connection was gone, also with what was begun before that', async () => {
    const slow = new Client({ connectionString: place.url })
    await slow.connect()
    await slow.query('begin')
    await insert(slow, 'begun before')
    watch = await database.watchRows(letters, reader.listener)
    await insert(admin, 'seen')
    await reader.waitFor(1)
    await admin.query(`select pg_terminate_backend(pid) ${listeners}`)
    await insert(admin, 'while it was gone')
    await slow.query('commit')
    await reader.waitFor(3)
    expect(reader.errors).toEqual([expect.objectContaining({ code: 'database-lost' })])
    await vi.waitFor(async () => expect((await admin.query(`select 1 ${listeners}`)).rowCount).toBe(1))
    await database.store.insert(letters, [letter('after')])
    await reader.waitFor(4)
    await slow.end()
  })

  it('tells of rows in statements whose keys are more than one notification holds', async () => {
    watch = await database.watchRows(letters, reader.listener)
    await admin.query("insert into letters select repeat('\"ä', 15) || n, '{}' from generate_series(1, 5000) as n")
    await reader.waitFor(5000)
  })

  it('tells of what is truncated, removed while its connection was gone, or replaced in one transaction', async () => {
    watch = await database.watchRows(letters, reader.listener)
    await insert(admin, 'replaced')
    await insert(admin, 'gone')
    await reader.waitFor(2)
    await admin.query(
      `begin; delete from letters where id = 'replaced'; insert into letters values ('replaced', '{"new": 1}'); commit`,
    )
    await vi.waitFor(() => expect(reader.read.get('replaced')?.body).toContain('new'))
    await admin.query(`select pg_terminate_backend(pid) ${listeners}`)
    await admin.query("delete from letters where id = 'gone'")
    await reader.waitFor(1)
    await vi.waitFor(async () => expect((await admin.query(`select 1 ${listeners}`)).rowCount).toBe(1))
    await admin.query("truncate letters; insert into letters values ('after', '{}')")
    await vi.waitFor(() => expect([...reader.read.keys()]).toEqual(['after']))
  })

  it('leaves no function behind', async () => {
    await migrateDown(database, 'watch', [letters])
    expect((await admin.query("select 1 from pg_proc where proname like 'rushbench%'")).rowCount).toBe(0)
  })
})
