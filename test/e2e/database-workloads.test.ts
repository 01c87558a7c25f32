import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectDatabase, openDatabaseClient } from '../../src/lib/adapters/databases/registry.ts'
import type { AuditReport, LoadReport } from '../../src/lib/record/record.ts'
import { usertable } from '../../src/lib/workloads/ycsb/tables.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'
import { testEngines, type TestDatabase } from '../support/database/engines.ts'

const operations = ['insert', 'modify', 'read', 'read to modify', 'scan', 'update']
const withDocuments = testEngines.filter(({ name, open }) => open && /^(?:sqlite|postgres|mongodb)$/.test(name))

const sqlEngines = testEngines.filter(
  ({ name, open }) => open && /^(?:sqlite|mariadb|mysql|mysql8|postgres|postgres17)$/.test(name),
)

describe.each(sqlEngines)('loads on $name itself', ({ open }) => {
  let place: TestDatabase
  let work: CliSandbox

  beforeAll(async () => {
    work = await createSandbox()
    place = await open!()
  })

  afterAll(async () => {
    await place.remove()
    await work[Symbol.asyncDispose]()
  })

  const load = (...args: string[]) =>
    work.runJson<LoadReport>(['load', '--db', place.url, '--users', '4', '--duration', '1s', '--seed', 'test', ...args])

  async function change(...statements: string[]): Promise<void> {
    await using client = await openDatabaseClient(place.url, { protocol: 'text', readOnly: false })
    const connection = await client.open()
    for (const sql of statements) await connection.run({ sql })
    connection.close()
  }

  async function audit(workload: string, ledger: string): Promise<string[]> {
    const args = ['audit', '--workload', workload, '--db', place.url, '--ledger', ledger, '--json']
    const { code, stdout } = await work.run(args)
    expect(code).toBe(4)
    const { violations } = (JSON.parse(stdout) as AuditReport).audit
    return violations.map(({ kind, key, detail }) => `${kind} ${key}: ${detail}`)
  }

  it("keeps pgbench's balances, and finds what was changed behind its back", async () => {
    const {
      load: result,
      audit: found,
      ledger,
    } = await load('--workload', 'tpcb', '--mix', 'tpcb,simple-update,select-only')
    expect(result.failureReasons).toEqual({})
    expect(result.steps.map(({ name }) => name).toSorted()).toEqual(['select account', 'simple-update', 'tpcb'])
    expect(found).toMatchObject({ passed: true, violations: [] })
    expect(found?.acknowledged).toBeGreaterThan(0)
    await change(
      'update pgbench_branches set bbalance = bbalance + 7',
      'update pgbench_accounts set abalance = abalance + 1 where aid = 99999',
    )
    const wrong = await audit('tpcb', ledger!)
    expect(wrong).toEqual([
      expect.stringMatching(/^inconsistent pgbench_accounts: the sum of abalance is/),
      expect.stringMatching(/^inconsistent pgbench_accounts 99999: abalance is/),
      expect.stringMatching(/^inconsistent pgbench_branches: the sum of bbalance is/),
      expect.stringMatching(/^inconsistent pgbench_branches 1: bbalance is/),
    ])
    await change('delete from pgbench_history')
    expect((await audit('tpcb', ledger!)).filter((text) => text.startsWith('lost'))).toHaveLength(found!.acknowledged)
  })

  it("makes sysbench's transactions, and finds a row that was lost", async () => {
    const mix = 'read-write,read-only,write-only,point-select,update-index,update-non-index,insert,delete'
    const size = ['--tables', '2', '--table-rows', '500']
    const {
      load: result,
      audit: found,
      ledger,
    } = await load('--workload', 'oltp', '--mix', mix, '--distribution', 'uniform', ...size)
    expect(result.failureReasons).toEqual({})
    expect(found).toMatchObject({ passed: true, violations: [] })
    await change('delete from sbtest1 where id > 500', 'delete from sbtest2 where id > 500')
    const inserts = result.steps.find(({ name }) => name === 'insert')?.requests ?? 0
    expect(inserts).toBeGreaterThan(0)
    const lost = await audit('oltp', ledger!)
    expect(lost).toHaveLength(inserts)
    expect(lost[0]).toMatch(/^lost [\da-z]+-[\da-z]-c\d: its row is not in sbtest[12]$/)
  })
})

describe.each(withDocuments)('loads of records on $name', ({ open }) => {
  it("makes YCSB's operations, and finds a record that was lost", async () => {
    await using work = await createSandbox()
    const place = await open!()
    const db = ['--workload', 'ycsb', '--db', place.url]
    const small = ['--table-rows', '1000', '--users', '4', '--duration', '1s', '--mix', 'a,b,c,d,e,f']
    const { load, audit, ledger } = await work.runJson<LoadReport>(['load', ...db, ...small])
    expect(load.failureReasons).toEqual({})
    expect(load.steps.map(({ name }) => name).toSorted()).toEqual(operations)
    expect(audit).toMatchObject({ passed: true, violations: [] })
    await using database = await connectDatabase(place.url, { poolSize: 1 })
    const table = usertable({ fields: 10, fieldLength: 100 })
    const [first = ''] = (await readFile(join(work.folder, ledger!), 'utf8')).match(/user\d{20}/) ?? []
    await database.store.remove(table, { ycsb_key: first })
    const { code, stdout } = await work.run(['audit', ...db, '--ledger', ledger!, '--json'])
    expect(code).toBe(4)
    const { violations } = (JSON.parse(stdout) as AuditReport).audit
    expect(violations).toEqual([{ kind: 'lost', key: first, detail: 'its record is not there' }])
    await place.remove()
  })
})
