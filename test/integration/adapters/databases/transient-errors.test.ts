import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { countersOf, growthOf } from '../../../support/database/single-inserts.ts'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import { connectMysql } from '../../../../src/lib/adapters/databases/mysql/connection.ts'
import type { Change, Database } from '../../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { startPrivateService } from '../../../support/private-service.ts'
import { findService } from '../../../support/services.ts'
import { testEngines } from '../../../support/database/engines.ts'
import { changed } from '../../../support/database/server-contract.ts'
import { all, booking, seat, seats, show, shows, tables, workload } from '../../../support/database/tables.ts'

const service = await findService('postgres')

/** A database in which whatever connects is made to meet `setting`. */
async function openPostgres(...settings: readonly string[]): Promise<{ url: string; remove(): Promise<void> }> {
  const name = `rushbench_${randomBytes(6).toString('hex')}`
  const admin = new Client({ connectionString: service ?? '' })
  await admin.connect()
  await admin.query(`create database ${name}`)
  for (const setting of settings) await admin.query(`alter database ${name} set ${setting}`)
  return {
    url: changed(service ?? '', { pathname: `/${name}` }),
    async remove() {
      await admin.query(`drop database ${name} with (force)`)
      await admin.end()
    },
  }
}

/** Bookings of a few shows from many sides at once; the answers have to be what the tables say afterwards. */
async function bookConcurrently(database: Database): Promise<void> {
  const { store } = database
  await migrateUp(database, workload, tables)
  await store.insert(
    shows,
    [1, 2, 3].map((id) => show(id, { free: 30, capacity: 30 })),
  )
  // Guards that are decided one by one, and on locked rows; always in one order, since PostgreSQL finds a deadlock late.
  const ids = [
    [1, 2],
    [2, 3],
    [1, 3],
    [1, 2, 3],
  ] as const
  const wanted = Array.from({ length: 64 }, (_, batch) => (ids[batch % ids.length] ?? []).map((id) => seat(id)))
  const answers = await Promise.all(wanted.map((rows) => store.apply(rows.map((row) => booking(row)))))
  const acknowledged = wanted.flatMap((rows, batch) => rows.filter((_, index) => answers[batch]?.[index]))
  const stored = await all(store.scan(seats))
  expect(stored.map(({ id }) => id)).toEqual(acknowledged.map(({ id }) => id).sort())
  const sold = await store.countBy(seats, 'show_id')
  for (const { id, free } of await store.find(shows, {})) {
    expect({ id, sold: sold.get(id), free }).toEqual({ id, sold: 30, free: 0 })
  }
}

describe.skipIf(service === null)('PostgreSQL whose transactions are serializable', () => {
  afterEach(() => void vi.unstubAllEnvs())

  it('answers concurrent bookings rightly, and counts what it had to try again', async () => {
    const place = await openPostgres()
    // What is asked for by whoever connects is kept; defaults of the server are not.
    vi.stubEnv('PGOPTIONS', '-c default_transaction_isolation=serializable')
    {
      await using database = await connectDatabase(place.url, { poolSize: 8 })
      await bookConcurrently(database)
      expect(database.retries()['serialization failure (40001)']).toBeGreaterThan(0)
    }
    await place.remove()
  })

  it('waits for a database that takes no writes to take them', async () => {
    const place = await openPostgres()
    {
      await using database = await connectDatabase(place.url, { poolSize: 2 })
      await migrateUp(database, workload, tables)
      const admin = new Client({ connectionString: place.url })
      await admin.connect()
      // A default that says so is none of ours; a standby could say it too.
      await admin.query(
        `create function refuse() returns trigger language plpgsql as $$ begin
          raise exception using errcode = '25006', message = 'cannot execute INSERT in a read-only transaction';
        end $$;
        create trigger refuse before insert on shows execute function refuse()`,
      )
      const storing = database.store.insert(shows, [show(1)])
      await expect.poll(() => database.retries()['read only (25006)'] ?? 0).toBeGreaterThan(2)
      await admin.query('drop trigger refuse on shows')
      await storing
      expect(await database.store.count(shows)).toBe(1)
      await admin.end()
    }
    await place.remove()
  })
})

describe.each([
  ['CockroachDB CCL v24.1.3 (x86_64-pc-linux-gnu, built 2024/07/26 09:00:00, go1.22.5)', 'cockroachdb'],
  ['PostgreSQL 15.2-YB-2025.1.0.1-b3 on x86_64-pc-linux-gnu', 'yugabytedb'],
])('what PostgreSQL is asked for as %s', (version, name) => {
  it.skipIf(service === null)('leaves out what that lacks, and is enough', async () => {
    const place = await openPostgres('search_path = public, pg_catalog', 'default_transaction_isolation = serializable')
    const admin = new Client({ connectionString: place.url })
    await admin.connect()
    await admin.query(`create function public.version() returns text language sql as $$ select '${version}' $$`)
    {
      await using database = await connectDatabase(place.url, { poolSize: 4 })
      expect(database.engine).toMatchObject({
        name,
        durability: { settings: { commits: expect.stringContaining('Raft') } },
      })
      expect(database.unsupported).toEqual([expect.stringContaining('triggers'), expect.stringContaining('room')])
      await bookConcurrently(database)
      await database.awaitWriters(shows)
      expect(await database.counters()).toEqual([])
      const watched = { ...shows, name: 'watched', watched: true as const }
      await database.createTables([{ table: watched, mark: 'test' }])
      const { rows } = await admin.query(
        "select tgname from pg_trigger where not tgisinternal union all select reloptions::text from pg_class where reloptions is not null and relname in ('watched', 'shows', 'seats')",
      )
      expect(rows).toEqual([])
      const told = new Map<string | number | null, object>()
      const watch = await database.watchRows(watched, {
        known: told,
        onRows: (news) => news.forEach((row) => told.set(row.id, row)),
        onGone() {},
        onError() {},
      })
      await database.store.insert(watched, [show(7)])
      await expect.poll(() => [...told.keys()]).toEqual([7])
      await watch.close()
      await database.dropTables([watched])
    }
    await admin.end()
    await place.remove()
  })
})

const mariadb = testEngines.find(({ name }) => name === 'mariadb')

describe.skipIf(!mariadb?.open)('MariaDB whose transactions meet in another order', () => {
  it('answers them all, and counts the deadlocks', async () => {
    const place = await mariadb!.open!()
    {
      await using database = await connectDatabase(place.url, { poolSize: 8 })
      await migrateUp(database, workload, tables)
      await database.store.insert(shows, [show(1, { free: 0 }), show(2, { free: 0 })])
      const adding = (id: number): Change => ({
        guard: { table: shows, where: { id }, patch: { free: { add: 1 } } },
        insert: [],
      })
      const before = await countersOf(database)
      const rounds = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? [1, 2] : [2, 1]))
      await Promise.all(rounds.map((ids) => database.store.apply(ids.map(adding))))
      expect((await database.store.find(shows, {})).map(({ free }) => free)).toEqual([200, 200])
      const deadlocks = database.retries()['deadlock (1213)'] ?? 0
      expect(deadlocks).toBeGreaterThan(0)
      const growth = growthOf(before, await countersOf(database))
      // Others may be on this server.
      expect(growth['deadlocks']).toBeGreaterThanOrEqual(deadlocks)
      expect(growth['lock waits']).toBeGreaterThanOrEqual(deadlocks)
    }
    await place.remove()
  })
})

// A server of its own: these are settings of a whole server.
const isolated = await startPrivateService('mariadb', '--innodb-snapshot-isolation=ON')
const disguised = await startPrivateService('mariadb', '--version=8.0.11-TiDB-v6.1.0')
afterAll(async () => {
  await isolated?.[Symbol.asyncDispose]()
  await disguised?.[Symbol.asyncDispose]()
})

it.skipIf(isolated === null)('MariaDB that takes back who wrote on old ground loses no write', async () => {
  const connections = await connectMysql(isolated?.url ?? '', 8)
  try {
    await connections.execute({
      sql: 'create table counted (id int primary key, n int) engine = InnoDB',
      parameters: [],
    })
    await connections.execute({ sql: 'insert into counted values (1, 0)', parameters: [] })
    const add = () =>
      connections.transaction(async (session) => {
        const [row] = await session.query({ sql: 'select n from counted where id = 1', parameters: [] })
        await session.execute({ sql: 'update counted set n = ? where id = 1', parameters: [Number(row?.['n']) + 1] })
      })
    await Promise.all(Array.from({ length: 60 }, add))
    const [row] = await connections.query({ sql: 'select n from counted', parameters: [] })
    expect(row?.['n']).toBe(60)
    expect(connections.retries()['record has changed (1020)']).toBeGreaterThan(0)
  } finally {
    await connections.close()
  }
})

it.skipIf(disguised === null)(
  'what MariaDB is asked for as TiDB leaves out what that lacks, and is enough',
  async () => {
    await using database = await connectDatabase(disguised?.url ?? '', { poolSize: 4 })
    expect(database.engine).toMatchObject({ name: 'tidb', version: '6.1.0' })
    expect([database.traits.foreignKeys, database.unsupported]).toEqual([
      false,
      [expect.stringContaining('foreign keys')],
    ])
    await bookConcurrently(database)
    await database.store.insert(seats, [seat(999)])
    await database.dropIndexes(seats)
    await database.createIndexes(seats)
    await database.awaitWriters(seats)
    expect(await database.counters()).toEqual([])
  },
)
