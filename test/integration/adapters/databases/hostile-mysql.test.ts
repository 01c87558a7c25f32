import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import { connectMysql } from '../../../../src/lib/adapters/databases/mysql/connection.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { startPrivateService } from '../../../support/private-service.ts'
import { watchSystemCalls } from '../../../support/system-calls.ts'
import { countersOf, growthOf, insertSeats } from '../../../support/database/single-inserts.ts'
import { seats, show, shows, tables, workload } from '../../../support/database/tables.ts'

/** Every default that a session could be led astray by. */
const hostile = [
  '--autocommit=0',
  '--transaction-isolation=SERIALIZABLE',
  '--sql-mode=ANSI,NO_BACKSLASH_ESCAPES',
  '--default-time-zone=+05:30',
  '--skip-character-set-client-handshake',
  '--character-set-server=latin1',
  '--max-statement-time=7',
  '--completion-type=CHAIN',
  '--init-connect=SET@@foreign_key_checks=0,@@unique_checks=0,@@sql_safe_updates=1,@@sql_select_limit=1',
  '--log-bin=binlog',
  '--sync-binlog=1',
]

const server = await startPrivateService('mariadb', hostile.join(' '))
afterAll(async () => server?.[Symbol.asyncDispose]())

describe.skipIf(server === null)('MariaDB with hostile defaults', () => {
  const url = server?.url ?? ''
  let database: Database

  beforeAll(async () => {
    database = await connectDatabase(url, { poolSize: 3 })
    await migrateUp(database, workload, tables)
    await database.store.insert(shows, [show(1)])
  })
  afterAll(async () => database[Symbol.asyncDispose]())

  it('gives every session what it needs', async () => {
    const connections = await connectMysql(url, 3)
    const sql =
      'select @@autocommit, @@tx_isolation, @@sql_mode, @@time_zone, @@character_set_client, @@foreign_key_checks, @@unique_checks, @@sql_safe_updates, @@max_statement_time, @@completion_type, @@sql_select_limit > 1000'
    const held = await Promise.all([connections.borrow(), connections.borrow(), connections.borrow()])
    for (const { session, release } of held) {
      expect(Object.values((await session.query({ sql, parameters: [] }))[0] ?? {}).map(String)).toEqual([
        '1',
        'REPEATABLE-READ',
        'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
        '+00:00',
        'utf8mb4',
        '1',
        '1',
        '0',
        '0',
        'NO_CHAIN',
        '1',
      ])
      release()
    }
    await connections.close()
  })

  it('tells what isolates its own sessions, and who else is connected', async () => {
    const before = await database.facts(tables)
    expect(before).toMatchObject({
      settings: { innodb_buffer_pool_size: '128 MiB', tx_isolation: 'REPEATABLE-READ' },
      replication: 'no replica connected',
      others: [],
    })
    const others = await Promise.all([createConnection(url), createConnection(url)])
    expect((await database.facts(tables)).others).toEqual([{ who: 'rushbench', connections: 2 }])
    for (const other of others) await other.end()
  })

  it('tells what a crash may undo', async () => {
    expect(database.engine.durability).toMatchObject({
      holds: true,
      settings: { log_bin: 'ON', sync_binlog: '1', innodb_flush_log_at_trx_commit: '1' },
    })
    const admin = await createConnection(url)
    await admin.query("create table kept_elsewhere (x int) engine = MEMORY comment = 'rushbench:contract:0'")
    await using other = await connectDatabase(url, { poolSize: 1 })
    expect(other.engine.durability).toMatchObject({
      holds: false,
      atRisk: 'the rows of tables that InnoDB does not keep: kept_elsewhere (MEMORY)',
    })
    await admin.query('drop table kept_elsewhere')
    await admin.end()
  })

  it('keeps texts as they are, and refuses what refers to nothing', async () => {
    const title = String.raw`Grüße, 'quoted' \ "doubled" 🎫`
    await database.store.insert(shows, [show(2, { title })])
    expect(await database.store.find(shows, { id: 2 })).toEqual([show(2, { title })])
    await expect(insertSeats(database, 1, { show_id: 404 })).rejects.toThrow(/foreign key/i)
  })

  it(
    'commits every insert by itself, and counts what the server and its kernel count',
    { timeout: 60_000 },
    async () => {
      const admin = await createConnection(url)
      await admin.query('set session sql_select_limit = 1000')
      const totals = async () => {
        const [rows] = await admin.query<RowDataPacket[]>(
          "show global status where variable_name in ('Binlog_bytes_written', 'Innodb_data_fsyncs', 'Binlog_commits')",
        )
        return new Map(rows.map((row): [string, number] => [row['Variable_name'], Number(row['Value'])]))
      }
      await insertSeats(database, 50)
      // The page cleaner syncs what was there before.
      const watch = await watchSystemCalls(await server!.findPid(), ['fsync', 'fdatasync'])
      const inserts = 300
      const totalsBefore = await totals()
      const before = await countersOf(database)
      await insertSeats(database, inserts)
      const [growth, totalsAfter] = [growthOf(before, await countersOf(database)), await totals()]
      const calls = await watch?.stop()
      const total = (name: string) => (totalsAfter.get(name) ?? NaN) - (totalsBefore.get(name) ?? NaN)

      // An insert that stands in an open transaction makes neither log wait for the disk.
      expect(total('Binlog_commits')).toBe(inserts)
      expect(growth['binlog fsyncs']).toBe(inserts)
      expect(growth['binlog written']).toBe(total('Binlog_bytes_written'))
      expect(growth['data fsyncs']).toBeGreaterThanOrEqual(inserts)
      expect(growth['data fsyncs']).toBeLessThanOrEqual(total('Innodb_data_fsyncs'))
      expect(await database.store.count(seats)).toBeGreaterThanOrEqual(inserts)
      await admin.end()
      if (!calls) return
      const synced = (file: RegExp) => calls.filter((call) => file.test(call.file)).length
      expect(synced(/binlog\.\d+/)).toBe(growth['binlog fsyncs'])
      const others = calls.length - synced(/binlog/)
      // The watch begins a little before the first reading and ends a little after the last.
      expect(others).toBeGreaterThanOrEqual(growth['data fsyncs'] ?? NaN)
      expect(others).toBeLessThan((growth['data fsyncs'] ?? NaN) * 1.05 + 10)
    },
  )
})
