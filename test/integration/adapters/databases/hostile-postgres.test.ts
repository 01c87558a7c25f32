import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { connectPostgres } from '../../../../src/lib/adapters/databases/postgres/connection.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { startPrivateService } from '../../../support/private-service.ts'
import { watchSystemCalls } from '../../../support/system-calls.ts'
import { countersOf, growthOf } from '../../../support/database/single-inserts.ts'
import { seat, seats, show, shows, tables, workload } from '../../../support/database/tables.ts'

/** Every default that a session could be led astray by, with a cache that is too small for what is inserted. */
const hostile = [
  '-c default_transaction_isolation=serializable',
  '-c default_transaction_read_only=on',
  '-c default_transaction_deferrable=on',
  '-c idle_session_timeout=1s',
  '-c idle_in_transaction_session_timeout=1s',
  '-c search_path=nowhere',
  '-c TimeZone=Asia/Kolkata',
  '-c standard_conforming_strings=off',
  '-c shared_buffers=128kB',
].join(' ')

const versions = await Promise.all(
  (['postgres', 'postgres17'] as const).map(async (name) => ({
    name,
    server: await startPrivateService(name, hostile),
  })),
)
afterAll(async () => {
  for (const { server } of versions) await server?.[Symbol.asyncDispose]()
})

describe.each(versions)('$name with hostile defaults', ({ server }) => {
  const url = server?.url ?? ''
  let database: Database

  beforeAll(async () => {
    if (server === null) return
    const admin = await openAdmin()
    await admin.query(`alter database ${new URL(url).pathname.slice(1)} set statement_timeout = '200ms'`)
    await admin.end()
    database = await connectDatabase(url, { poolSize: 3 })
    await migrateUp(database, workload, tables)
    await database.store.insert(shows, [show(1)])
  })
  afterAll(async () => database?.[Symbol.asyncDispose]())

  /** A session of another program, which can write all the same. */
  async function openAdmin(): Promise<Client> {
    const admin = new Client({ connectionString: url })
    await admin.connect()
    await admin.query(
      'set default_transaction_read_only = off; set idle_session_timeout = 0; set statement_timeout = 0',
    )
    return admin
  }

  it.skipIf(server === null)('gives every session what it needs', async () => {
    const connections = await connectPostgres(url, 2)
    const names = [
      'transaction_isolation',
      'transaction_read_only',
      'transaction_deferrable',
      'statement_timeout',
      'idle_session_timeout',
      'idle_in_transaction_session_timeout',
      'search_path',
      'TimeZone',
      'standard_conforming_strings',
    ]
    const sql = `select ${names.map((name) => `current_setting('${name}')`).join(" || ', ' || ")} as all`
    for (const { session, release } of await Promise.all([connections.borrow(), connections.borrow()])) {
      const [row] = await session.query({ sql, parameters: [] })
      expect(row?.['all']).toBe('read committed, off, off, 0, 0, 0, public, UTC, on')
      release()
    }
    await connections.close()
  })

  it.skipIf(server === null)('tells what isolates its own sessions, and who else is connected', async () => {
    expect(await database.facts(tables)).toMatchObject({
      settings: { shared_buffers: '128kB', default_transaction_isolation: 'read committed' },
      replication: 'no standby connected',
      others: [],
    })
    const other = new Client({ connectionString: url, application_name: 'psql' })
    await other.connect()
    expect((await database.facts(tables)).others).toEqual([{ who: 'rushbench (psql)', connections: 1 }])
    await other.end()
  })

  it.skipIf(server === null)('tells what a crash may undo, of the user and of the tables too', async () => {
    expect(database.engine.durability).toMatchObject({ holds: true, settings: { synchronous_commit: 'on' } })
    const admin = await openAdmin()
    await admin.query('create database risky')
    await admin.query('alter database risky set synchronous_commit = off')
    await admin.end()
    const risky = Object.assign(new URL(url), { pathname: '/risky' }).toString()
    {
      await using other = await connectDatabase(risky, { poolSize: 1 })
      await migrateUp(other, workload, tables)
      const lost = 'the last commits, up to three times wal_writer_delay'
      expect(other.engine.durability).toMatchObject({ holds: false, atRisk: lost })
    }
    const owner = new Client({ connectionString: risky })
    await owner.connect()
    await owner.query('set default_transaction_read_only = off')
    await owner.query('alter table public.seats set unlogged')
    // Whatever is theirs is none of ours.
    await owner.query('create unlogged table public.theirs (x int)')
    await owner.end()
    await using other = await connectDatabase(risky, { poolSize: 1 })
    expect(other.engine.durability.atRisk).toBe(
      'all rows of unlogged tables: seats; the last commits, up to three times wal_writer_delay',
    )
  })

  it.skipIf(server === null)('says what it cannot have', async () => {
    const admin = await openAdmin()
    await admin.query('create database bare')
    await admin.end()
    const bare = Object.assign(new URL(url), { pathname: '/bare' }).toString()
    const owner = new Client({ connectionString: bare })
    await owner.connect()
    await owner.query('set default_transaction_read_only = off')
    await owner.query('drop schema public')
    await owner.end()
    await expect(connectDatabase(bare, { poolSize: 1 })).rejects.toMatchObject({
      code: 'session-unfit',
      message: expect.stringContaining('search_path names no schema that is there'),
    })
  })

  it.skipIf(server === null)(
    'commits every insert by itself, and counts what the server and its kernel count',
    { timeout: 60_000 },
    async () => {
      // More than the cache holds, so that nearly every insert has a page written to make room for another.
      await database.store.insert(
        seats,
        Array.from({ length: 4_000 }, () => seat(1)),
      )
      const admin = await openAdmin()
      const log = async () => Number((await admin.query("select pg_current_wal_lsn() - '0/0' as at")).rows[0].at)
      const inserter = await database.openInserter(seats)
      const insert = async (times: number) => {
        for (let i = 0; i < times; i++) await inserter.insert(seat(1))
      }
      const inserts = 200
      await insert(20)
      const before = await countersOf(database)
      const watch = await watchSystemCalls(await server!.findPid(), [
        'fsync',
        'fdatasync',
        'pwrite64',
        'pwritev',
        'pwritev2',
      ])
      const logBefore = await log()
      await insert(inserts)
      const logAfter = await log()
      const calls = await watch?.stop()
      const growth = growthOf(before, await countersOf(database))
      await inserter.close()

      const [stored] = (await admin.query('select count(*)::int as rows from public.seats')).rows
      expect(stored.rows).toBe(4_020 + inserts)
      await admin.end()
      // An insert that stands in an open transaction makes the log wait for nothing.
      expect(growth['log fsyncs']).toBeGreaterThanOrEqual(inserts)
      expect(growth['log fsyncs']).toBeLessThan(inserts * 1.1)
      expect(growth['log written']).toBeGreaterThanOrEqual(logAfter - logBefore)
      expect(growth['pages written']).toBeGreaterThan(inserts / 2)
      if (!calls) return
      const callsOn = (file: RegExp, name: RegExp) =>
        calls.filter((call) => file.test(call.file) && name.test(call.name)).length
      // The counters are read a little before the watch begins and a little after it ends.
      expect(isNear(growth['log fsyncs'], callsOn(/pg_wal/, /sync/))).toBe(true)
      expect(isNear(growth['pages written'], callsOn(/base\/\d+\/\d+/, /write/))).toBe(true)
    },
  )
})

function isNear(counted = Number.NaN, seen: number): boolean {
  return Math.abs(counted - seen) <= 0.05 * seen + 10
}
