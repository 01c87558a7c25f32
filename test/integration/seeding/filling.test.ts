import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compareTables, dropAllTables } from '../../../src/lib/adapters/databases/migrate.ts'
import {
  applySteps,
  ensureTables,
  planSteps,
  stepStatus,
} from '../../../src/lib/adapters/databases/migrations/apply.ts'
import type { Schema } from '../../../src/lib/adapters/databases/migrations/history.ts'
import { forgetSteps } from '../../../src/lib/adapters/databases/migrations/records.ts'
import { connectDatabase } from '../../../src/lib/adapters/databases/registry.ts'
import type { Database } from '../../../src/lib/ports/database.ts'
import type { SeedProgress } from '../../../src/lib/ports/workload.ts'
import { createChunkBuffers } from '../../../src/lib/seeding/blocks.ts'
import { createRowSummer, emptySum, type RowSum } from '../../../src/lib/seeding/checksum.ts'
import { chunksOfBlock, planFillBlocks } from '../../../src/lib/seeding/filling/fill-blocks.ts'
import { fillTables, forgetFillings, readFillings, type FillOptions } from '../../../src/lib/seeding/filling/fill.ts'
import type { Filling, TableFilling } from '../../../src/lib/seeding/filling/filling.ts'
import { sbtestFilling } from '../../../src/lib/workloads/oltp/tables.ts'
import { history, tpcbFilling } from '../../../src/lib/workloads/tpcb/tables.ts'
import { seedFilling } from '../../../src/lib/workloads/shared/seed-filling.ts'
import { recordFilling } from '../../../src/lib/workloads/ycsb/tables.ts'
import { testEngines, type TestDatabase } from '../../support/database/engines.ts'
import { runSql } from '../../support/database/run-sql.ts'

const script = join(import.meta.dirname, '../../support/database/fill-process.ts')
const options: FillOptions = { seed: 'test', connections: 2, onProgress: () => {} }

const sbtest = (tables: number, tableRows: number): Filling => ({
  workload: 'oltp',
  tables: sbtestFilling({ tables, tableRows }),
})

async function foundSum(database: Database, { table, parts }: TableFilling): Promise<RowSum> {
  const summer = createRowSummer(parts[0]!.layout, emptySum)
  for await (const row of database.store.scan(table)) {
    // PostgreSQL gives the blanks that fill a column up.
    summer.addRow(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value).trimEnd()])))
  }
  return summer.result()
}

/** The sum of the rows of the first table of the filling, as an undisturbed one stores them. */
function expectedSum(filling: TableFilling): RowSum {
  const { layout } = filling.parts[0]!
  const summer = createRowSummer(layout, emptySum)
  const buffers = createChunkBuffers(layout.rowBytes)
  for (const plan of planFillBlocks([filling]))
    for (const chunk of chunksOfBlock('test', plan, buffers)) summer.addEncoded(chunk)
  return summer.result()
}

describe.each(testEngines.filter(({ name }) => ['sqlite', 'mariadb', 'postgres'].includes(name)))(
  'filling tables on $name',
  ({ open }) => {
    let scratch: TestDatabase
    let database: Database

    beforeEach(async ({ skip }) => {
      if (!open) skip()
      scratch = await open!()
      database = await connectDatabase(scratch.url, { poolSize: 4 })
    })
    afterEach(async () => {
      await database[Symbol.asyncDispose]()
      await scratch.remove()
    })

    const schemaOf = ({ workload, tables }: Filling): Schema => ({
      name: workload,
      tables: tables.map(({ table }) => table),
      migrations: [],
    })
    const make = (filling: Filling) => ensureTables(database, schemaOf(filling))

    it('goes on where it was killed, and stores every row once', async () => {
      const filling = sbtest(2, 60_000)
      await make(filling)
      const child = spawn(process.execPath, [script, scratch.url, '2', '60000', '2'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      child.kill('SIGKILL')
      await once(child, 'exit')
      const [first] = filling.tables
      // Another amount is refused while it is unfinished, too.
      await expect(fillTables(database, sbtest(2, 70_000), options)).rejects.toMatchObject({ code: 'filling-other' })
      const result = await fillTables(database, filling, { ...options, seed: 'another' })
      expect(result).toMatchObject({ rows: 120_000, done: 120_000 })
      expect(result.added).toBeGreaterThan(0)
      expect(result.added).toBeLessThan(120_000)
      for (const each of filling.tables) expect(await foundSum(database, each)).toEqual(expectedSum(each))
      const compared = await compareTables(
        database,
        'oltp',
        filling.tables.map(({ table }) => table),
      )
      expect(compared.flatMap(({ differences }) => differences)).toEqual([])
      expect((await database.tables()).map(({ name }) => name)).not.toContain('rushbench_filling_oltp')
      // Rows that come without a number get the next one.
      await runSql(scratch.url, [`insert into ${first!.table.name} (k, c, pad) values (1, 'c', 'pad')`])
      expect(await database.store.find(first!.table, { id: { gt: 60_000 } }, { columns: ['id'] })).toEqual([
        { id: 60_001 },
      ])
    })

    it('leaves tables alone that are filled, adds those that are new, and refuses other amounts', async () => {
      const filling = sbtest(2, 100)
      await make(filling)
      expect(await fillTables(database, filling, options)).toEqual({ rows: 200, done: 200, added: 200 })
      expect(await fillTables(database, filling, options)).toEqual({ rows: 200, done: 200, added: 0 })
      const more = sbtest(3, 100)
      await make(more)
      expect(await fillTables(database, more, options)).toEqual({ rows: 300, done: 300, added: 100 })
      await expect(fillTables(database, sbtest(3, 200), options)).rejects.toThrow(
        /sbtest1 in .* was filled by --table-rows 100, and now --table-rows 200 was asked for.*migrate --down --workload oltp/,
      )
      // A table that somebody emptied is filled again.
      await database.store.remove(more.tables[1]!.table, {})
      expect(await fillTables(database, more, options)).toEqual({ rows: 300, done: 300, added: 100 })
      expect(await foundSum(database, more.tables[1]!)).toEqual(expectedSum(more.tables[1]!))
      expect((await readFillings(database, 'oltp'))?.filled.map(({ name, amount }) => `${name} ${amount}`)).toEqual([
        'sbtest1 --table-rows 100',
        'sbtest2 --table-rows 100',
        'sbtest3 --table-rows 100',
      ])
      await forgetFillings(database, 'oltp', {})
      await expect(fillTables(database, more, options)).rejects.toMatchObject({ code: 'filling-remains' })
      expect(await readFillings(database, 'oltp')).toBeNull()
    })

    it('makes as many tables as are asked for, tells of others, and drops all of them', async () => {
      const schema = schemaOf(sbtest(3, 1))
      const planned = await planSteps(database, schema)
      expect(planned.map(({ number, changes }) => [number, changes.length])).toEqual([[1, 3]])
      expect(await applySteps(database, schema)).toMatchObject({ created: ['sbtest1', 'sbtest2', 'sbtest3'] })
      expect(await applySteps(database, schema)).toMatchObject({ created: [] })
      expect(await planSteps(database, schema)).toEqual([])
      expect(await stepStatus(database, schema)).toEqual([])
      const fewer = schemaOf(sbtest(1, 1)).tables
      expect((await compareTables(database, 'oltp', fewer)).map(({ name, state }) => `${name} ${state}`)).toEqual([
        'sbtest1 present',
        'sbtest2 unused',
        'sbtest3 unused',
      ])
      expect([...(await dropAllTables(database, 'oltp', fewer))].toSorted()).toEqual(['sbtest1', 'sbtest2', 'sbtest3'])
      await forgetSteps(database, 'oltp')
      expect(await database.tables()).toEqual([])
    })

    it('cannot go on where a table was dropped, and begins anew when it is told to', async () => {
      const filling = sbtest(2, 60_000)
      await make(filling)
      const stopping = new AbortController()
      const stopped = { ...options, connections: 1, signal: stopping.signal, onProgress: () => stopping.abort() }
      expect(await fillTables(database, filling, stopped)).toMatchObject({ added: 50_000 })
      await database.dropTables([filling.tables[0]!.table])
      await make(filling)
      await expect(fillTables(database, filling, options)).rejects.toMatchObject({ code: 'filling-broken' })
      await forgetFillings(database, 'oltp', {})
      const fewer = sbtest(2, 10)
      expect(await fillTables(database, fewer, options)).toMatchObject({ done: 20, added: 20 })
    })

    it("has pgbench's rows", async () => {
      const filling = { workload: 'tpcb', tables: tpcbFilling(1) }
      await make(filling)
      const told: SeedProgress[] = []
      for await (const each of seedFilling(database, filling, { seed: 'test', connections: 1 })) told.push(each)
      expect(told.at(-1)).toEqual({ done: 100_011, total: 100_011, added: 100_011 })
      expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b))
      const [branches, tellers, accounts] = filling.tables.map(({ table }) => table)
      expect(await database.store.find(branches!, {})).toEqual([{ bid: 1, bbalance: 0, filler: null }])
      expect(await database.store.find(tellers!, { tid: 10 })).toEqual([{ tid: 10, bid: 1, tbalance: 0, filler: null }])
      const [account] = await database.store.find(accounts!, { aid: 100_000 })
      expect({ ...account, filler: String(account?.filler).trim() }).toEqual({
        aid: 100_000,
        bid: 1,
        abalance: 0,
        filler: '',
      })
      expect(await database.store.count(accounts!)).toBe(100_000)
      // The statement of pgbench's own script.
      await runSql(scratch.url, [
        'insert into pgbench_history (tid, bid, aid, delta, mtime) values (1, 1, 1, 7, current_timestamp)',
      ])
      expect(await database.store.find(history, {})).toMatchObject([{ aid: 1, delta: 7, filler: null }])
    })
  },
)

describe.each(testEngines)('filling records on $name', ({ open }) => {
  it.skipIf(!open)('stores them once, and goes on where it was stopped', async () => {
    const scratch = await open!()
    await using database = await connectDatabase(scratch.url, { poolSize: 4 })
    const [records] = recordFilling({ tableRows: 60_000, fields: 3, fieldLength: 20 })
    const filling: Filling = { workload: 'ycsb', tables: [records!] }
    await ensureTables(database, { name: 'ycsb', tables: [records!.table], migrations: [] })
    const stopping = new AbortController()
    const stopped = { ...options, connections: 1, signal: stopping.signal, onProgress: () => stopping.abort() }
    expect(await fillTables(database, filling, stopped)).toEqual({ rows: 60_000, done: 50_000, added: 50_000 })
    expect(await readFillings(database, 'ycsb')).toEqual({ filled: [], isUnfinished: true })
    expect(await fillTables(database, filling, options)).toEqual({ rows: 60_000, done: 60_000, added: 10_000 })
    expect(await fillTables(database, filling, options)).toEqual({ rows: 60_000, done: 60_000, added: 0 })
    expect(await foundSum(database, records!)).toEqual(expectedSum(records!))
    await forgetFillings(database, 'ycsb', {})
    await dropAllTables(database, 'ycsb', [records!.table])
    await forgetSteps(database, 'ycsb')
    expect(await database.tables()).toEqual([])
    await scratch.remove()
  })
})
