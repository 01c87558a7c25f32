import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { describeServices } from '../../../support/describe-services.ts'
import { findService } from '../../../support/services.ts'
import { describeDatabase } from '../../../support/database/contract.ts'
import { changed, describeServer } from '../../../support/database/server-contract.ts'
import { show, shows, sqlScratch, tables, workload } from '../../../support/database/tables.ts'

/** The contract holds on both versions that dev/services has. */
const services = { postgres: await findService('postgres'), postgres17: await findService('postgres17') }

describeServices(services, (_server, url) => {
  const admin = new Client({ connectionString: url })

  beforeAll(() => admin.connect())
  afterAll(() => admin.end())

  async function makeScratch() {
    const name = `rushbench_${randomBytes(6).toString('hex')}`
    await admin.query(`create database ${name}`)
    const scratch = changed(url, { pathname: `/${name}` })
    return {
      url: scratch,
      ...sqlScratch(async (sql) => {
        const other = new Client({ connectionString: scratch })
        await other.connect()
        await other.query(sql)
        await other.end()
      }),
      remove: async () => void (await admin.query(`drop database ${name} with (force)`)),
    }
  }

  async function cut(database: string, state: 'loading' | 'idle'): Promise<number> {
    const condition = state === 'loading' ? "query like 'copy%' and state = 'active'" : "state = 'idle'"
    const sql = `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and ${condition}`
    while ((await admin.query(sql, [database])).rowCount === 0);
    return 0
  }

  describeDatabase(makeScratch)
  describeServer(() => ({ url, makeScratch, cut }))

  it('lets work wait for a free connection for longer than connecting may take', async () => {
    const scratch = await makeScratch()
    try {
      await using database = await connectDatabase(`${scratch.url}?connect_timeout=1`, { poolSize: 1 })
      await migrateUp(database, workload, tables)
      const held = await database.openInserter(shows)
      const counted = database.store.count(shows)
      await setTimeout(1200)
      await held.close()
      expect(await counted).toBe(0)
    } finally {
      await scratch.remove()
    }
  })

  it('counts the pages that inserts dirty, where pg_stat_statements does', async () => {
    const scratch = await makeScratch()
    try {
      await using database = await connectDatabase(scratch.url, { poolSize: 1 })
      await migrateUp(database, workload, tables)
      const dirtied = async () => (await database.counters()).find(({ name }) => name === 'pages dirtied')?.value ?? NaN
      const before = await dirtied()
      await database.store.insert(
        shows,
        Array.from({ length: 2000 }, (_, id) => show(id)),
      )
      // Some 60 rows to a page of 8 kB, and the pages of two indexes.
      expect((await dirtied()) - before).toBeGreaterThan(20)
    } finally {
      await scratch.remove()
    }
  })

  it('counts rows, deadlocks, and who waits for a lock now', async () => {
    const scratch = await makeScratch()
    const [one, other] = [0, 1].map(() => new Client({ connectionString: scratch.url }))
    await Promise.all([one!.connect(), other!.connect()])
    try {
      await using database = await connectDatabase(scratch.url, { poolSize: 2 })
      await one!.query('create table pairs as select n, 0 as value from generate_series(1, 1000) n')
      const read = async () => {
        // Sessions pass on what they counted once a second; these are made to.
        for (const session of [one!, other!]) await session.query('select pg_stat_force_next_flush()')
        const counters = await database.counters({ cheap: true })
        return new Map(counters.map(({ name, value }) => [name, value]))
      }
      const before = await read()
      for (let i = 0; i < 20; i++) await one!.query('select sum(value) from pairs')
      const after = await read()
      const rows = after.get('rows read')! - before.get('rows read')!
      // With some of the catalog.
      expect(rows).toBeGreaterThanOrEqual(20_000)
      expect(rows).toBeLessThan(22_000)

      for (const session of [one!, other!]) await session.query('begin')
      await one!.query('update pairs set value = 1 where n = 1')
      await other!.query('update pairs set value = 1 where n = 2')
      const waiting = one!.query('update pairs set value = 2 where n = 2').catch((error: unknown) => error)
      const levels = async () =>
        (await database.counters()).find(({ name }) => name === 'waiting for locks')?.value ?? NaN
      // Others are on this server too.
      await expect.poll(levels).toBeGreaterThanOrEqual(1)
      const closing = other!.query('update pairs set value = 2 where n = 1').catch((error: unknown) => error)
      await Promise.all([waiting, closing])
      for (const session of [one!, other!]) await session.query('rollback')
      expect((await read()).get('deadlocks')! - after.get('deadlocks')!).toBe(1)
    } finally {
      await Promise.all([one!.end(), other!.end()])
      await scratch.remove()
    }
  })

  it('counts none where the extension was not made', async () => {
    const name = `rushbench_${randomBytes(6).toString('hex')}`
    await admin.query(`create database ${name} template template0`)
    try {
      await using database = await connectDatabase(changed(url, { pathname: `/${name}` }), { poolSize: 1 })
      expect((await database.counters()).map((counter) => counter.name)).not.toContain('pages dirtied')
      expect(await database.statementStatistics!.unavailable()).toBe(
        'this database lacks the extension: CREATE EXTENSION pg_stat_statements',
      )
    } finally {
      await admin.query(`drop database ${name} with (force)`)
    }
  })

  it('is reached under postgresql:// too, and says what a commit survives', async () => {
    await using database = await connectDatabase(url.replace(/^postgres:/, 'postgresql:'), { poolSize: 1 })
    expect(database.engine).toMatchObject({ name: 'postgres', durability: { holds: true, settings: { fsync: 'on' } } })
  })
})
