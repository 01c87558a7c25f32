import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { migrateDown, migrateUp } from '../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../src/lib/adapters/databases/registry.ts'
import { describeApply } from './apply-contract.ts'
import { describeIfAbsent } from './if-absent-contract.ts'
import { describeInserts } from './bulk-contract.ts'
import { describeCounters } from './counters-contract.ts'
import { describeMigrations } from './migrate-contract.ts'
import { describeStore } from './store-contract.ts'
import { describeWatch } from './watch-contract.ts'
import { type Context, type Scratch, tables, workload } from './tables.ts'

/** Contract of every engine, as far as its traits go, on the database that `scratch` creates. */
export function describeDatabase(makeScratch: () => Promise<Scratch>): void {
  let scratch: Scratch
  let database: Database

  beforeAll(async () => {
    scratch = await makeScratch()
    database = await connectDatabase(scratch.url, { poolSize: 8 })
  })
  afterAll(async () => {
    await database[Symbol.asyncDispose]()
    await scratch.remove()
  })
  beforeEach(async () => void (await migrateUp(database, workload, tables)))
  afterEach(async () => void (await migrateDown(database, workload, tables)))

  const context: Context = {
    get database() {
      return database
    },
    get scratch() {
      return scratch
    },
  }
  describeStore(context)
  describeApply(context)
  describeIfAbsent(context)
  describeMigrations(context)
  describeInserts(context)
  describeCounters(context)
  describeWatch(context)

  it('says what it is, and never its password', () => {
    expect(database.engine.version).toMatch(/^\d+\.\d+/)
    expect(Object.keys(database.engine.durability.settings)).not.toEqual([])
    expect(database.url).not.toContain(':rushbench@')
  })
}
