import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openDatabaseClient } from '../../src/lib/adapters/databases/registry.ts'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { createSandbox } from '../support/cli/sandbox.ts'
import { testEngines } from '../support/database/engines.ts'
import { runSql } from '../support/database/run-sql.ts'

/** Gives the numbers from 1 on. */
const series: Readonly<Record<string, (last: number) => string>> = {
  sqlite: (last) =>
    `with recursive s(i) as (select 1 union all select i + 1 from s where i < ${last}) select i, 1, 0 from s`,
  mariadb: (last) => `select seq, 1, 0 from seq_1_to_${last}`,
  postgres: (last) => `select i, 1, 0 from generate_series(1, ${last}) s(i)`,
}

/** Tables as those of "pgbench -i -s 1". */
const tablesOf = (numbers: (last: number) => string): readonly string[] => [
  'create table pgbench_accounts (aid int primary key, bid int, abalance int)',
  'create table pgbench_tellers (tid int primary key, bid int, tbalance int)',
  'create table pgbench_branches (bid int primary key, bbalance int)',
  'create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp)',
  `insert into pgbench_accounts ${numbers(100_000)}`,
  `insert into pgbench_tellers ${numbers(10)}`,
  'insert into pgbench_branches values (1, 0)',
]

const sums = `select (select sum(abalance) from pgbench_accounts) as a, (select sum(tbalance) from pgbench_tellers) as t,
  (select sum(bbalance) from pgbench_branches) as b, (select sum(delta) from pgbench_history) as h,
  (select count(*) from pgbench_history) as n`

async function readSums(url: string): Promise<Record<string, number>> {
  await using client = await openDatabaseClient(url, { protocol: 'text', readOnly: true })
  const connection = await client.open()
  const { rows } = await connection.run({ sql: sums })
  connection.close()
  return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, value]) => [name, Number(value)]))
}

const engines = testEngines.filter(({ name }) => Object.hasOwn(series, name))

it('runs on SQLite, MariaDB and PostgreSQL', () => {
  expect(engines.map(({ name }) => name).sort()).toEqual(Object.keys(series).sort())
})

describe.each(engines)("pgbench's own scripts on $name", ({ name, open }) => {
  it.skipIf(!open)('run unchanged, change only what they may, and count each transaction and statement', async () => {
    const place = await open!()
    await using work = await createSandbox()
    await runSql(place.url, tablesOf(series[name]!))
    for (const file of ['tpcb-like.sql', 'select-only.sql']) {
      await writeFile(join(work.folder, file), await readFile(new URL(`../../fixtures/sql/${file}`, import.meta.url)))
    }
    const args = ['load', '--sql', 'tpcb-like.sql@3', '--sql', 'select-only.sql', '--db', place.url]

    const { load, retries } = await work.runJson<LoadReport>([
      ...args,
      '--own-data',
      '--users',
      '3',
      '--duration',
      '2s',
    ])
    expect(load.failureReasons).toEqual({})
    const requests = Object.fromEntries(load.steps.map((step) => [step.name, step.requests]))
    const transactions = requests['tpcb-like'] ?? 0
    expect(transactions).toBeGreaterThan(10)
    expect(requests['select-only: SELECT pgbench_accounts']).toBeGreaterThan(1)
    const statements = Object.fromEntries(
      (load.statements ?? []).map((step) => [step.name, step.requests - step.failures]),
    )
    const attempts = transactions + Object.values(retries ?? {}).reduce((sum, count) => sum + count, 0)
    expect(statements['tpcb-like: INSERT pgbench_history']).toBe(transactions)
    expect(statements['begin']).toBe(attempts)
    expect(statements['commit']).toBe(transactions)

    const { a, t, b, h, n } = await readSums(place.url)
    expect(n).toBe(transactions)
    expect([a, t, b]).toEqual([h, h, h])
    await place.remove()
  })
})

it('a script that changes data is refused without --own-data, and one that cannot be read', async () => {
  await using work = await createSandbox()
  await writeFile(join(work.folder, 'change.sql'), 'begin;\nselect 1;\n update t set a = 1;\nend;')
  const refused = await work.run(['load', '--sql', 'change.sql'])
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('change.sql:3:2, at "update t set a = 1;": UPDATE t changes data')
  await writeFile(join(work.folder, 'mine.sql'), 'select 1;\nselect :amount;\n')
  const { code, stderr } = await work.run(['load', '--sql', 'mine.sql', '--define', 'amounts=3'])
  expect(code).toBe(2)
  expect(stderr).toContain(
    'mine.sql:2:8, at ":amount;": there is no variable :amount (did you mean :amounts?); \\set it before',
  )
})
