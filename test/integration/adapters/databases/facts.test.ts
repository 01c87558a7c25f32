import { describe, expect, it } from 'vitest'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { testVersions } from '../../../support/database/engines.ts'
import { seat, seats, show, shows, tables, workload } from '../../../support/database/tables.ts'

/** What a reader asks for first, under the name that the engine has for it. */
const first: Readonly<Record<string, readonly string[]>> = {
  sqlite: ['cache_size', 'page_size', 'wal_autocheckpoint', 'isolation'],
  mariadb: ['innodb_buffer_pool_size', 'innodb_log_file_size', 'tx_isolation', 'innodb_io_capacity'],
  mysql: ['innodb_buffer_pool_size', 'innodb_redo_log_capacity', 'transaction_isolation', 'innodb_io_capacity'],
  mongodb: ['cache size', 'storage engine', 'isolation'],
  postgres: ['shared_buffers', 'max_wal_size', 'checkpoint_timeout', 'default_transaction_isolation'],
  redis: ['maxmemory', 'maxmemory-policy', 'isolation'],
  ferretdb: ['isolation'],
}

describe.each(testVersions)('$name', ({ name, open }) => {
  it.skipIf(open === null)('tells what a reader of the figures asks for first', async () => {
    const place = await open!()
    {
      await using database = await connectDatabase(place.url, { poolSize: 2 })
      expect((await database.facts(tables)).tables.every(({ rows }) => rows === 0)).toBe(true)
      await migrateUp(database, workload, tables)
      await database.store.insert(shows, [show(1)])
      await database.store.insert(
        seats,
        Array.from({ length: 500 }, () => seat(1)),
      )
      const facts = await database.facts(tables)
      const { settings } = facts
      for (const setting of first[name.replace(/\d+$/, '')] ?? []) expect(settings).toHaveProperty([setting])
      expect(JSON.stringify(facts)).not.toContain(':rushbench@')

      const found = facts.tables.find((table) => table.name === 'seats')!
      if (name === 'ferretdb') return
      // 500 keys of 36 characters, of which InnoDB's estimate lags behind, and MongoDB's files until its next checkpoint.
      const lags = name === 'mariadb' || name === 'mysql8' || name === 'mongodb'
      expect(found.bytes).toBeGreaterThan(lags ? 0 : 18_000)
      expect(found.indexBytes).toBeGreaterThan(4000)
      expect(found.indexes.length).toBeGreaterThanOrEqual(2)
      const counts = name === 'sqlite' || name === 'redis'
      if (counts) expect(found.rows).toBe(500)
      // PostgreSQL knows nothing of rows before they were analyzed.
      if (name.startsWith('postgres')) expect([null, 0, 500]).toContain(found.rows)
      // MySQL would keep what it said before, of the empty table, for a day.
      if (name === 'mariadb' || name === 'mysql8') expect(found.rows).toBeGreaterThan(0)
      if (!['mariadb', 'mysql8', 'sqlite'].includes(name))
        for (const { bytes } of found.indexes) expect(bytes).toBeGreaterThan(0)
    }
    await place.remove()
  })
})
