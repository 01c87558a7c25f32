import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

const documented = fileURLToPath(new URL('../../docs/database-load.md', import.meta.url))

describe('load --scenario on a database', () => {
  let work: CliSandbox
  let file: string

  beforeAll(async () => {
    work = await createSandbox()
    file = join(work.folder, 'accounts.db')
    using database = new DatabaseSync(file)
    database.exec('create table accounts (id integer primary key, balance integer not null)')
    database.exec(
      'with recursive n(id) as (select 1 union all select id + 1 from n where id < 100) insert into accounts select id, 100 from n',
    )
    // The documentation's own example.
    const [, example = ''] = /```ts\n([^]*?)```/.exec(await readFile(documented, 'utf8')) ?? []
    await writeFile(join(work.folder, 'transfer.ts'), example)
  })

  afterAll(() => work[Symbol.asyncDispose]())

  const common = ['load', '--scenario', 'transfer.ts', '--users', '8', '--duration', '2s']
  const loadOf = (db: string, ...flags: string[]) => [...common, '--db', db, ...flags]
  const load = (...flags: string[]) => loadOf('sqlite:accounts.db', ...flags)

  it('makes transactions that keep the sum, in two threads, with a row for each statement', async () => {
    const { load: result, audit } = await work.runJson<LoadReport>(load('--own-data', '--threads', '2'))
    expect(audit).toBeNull()
    expect(result.failureReasons).toEqual({})
    expect(result.steps.map(({ name }) => name).toSorted()).toEqual(['look', 'transfer'])
    const transfers = result.steps.find(({ name }) => name === 'transfer')?.requests ?? 0
    expect(transfers).toBeGreaterThan(0)
    // Threads that wait long for each other begin again.
    const succeeded = (result.statements ?? []).map(({ name, requests, failures }) => [name, requests - failures])
    const statements = Object.fromEntries(succeeded) as Record<string, number>
    expect(statements).toMatchObject({ begin: transfers, take: transfers, give: transfers, commit: transfers })
    using database = new DatabaseSync(file, { readOnly: true })
    expect(database.prepare('select sum(balance) as sum from accounts').get()).toEqual({ sum: 10_000 })
  })

  it('changes nothing unless the data is said to be ours', async () => {
    const before = await readFile(file)
    const { load: result } = await work.runJson<LoadReport>(load())
    expect(result.steps.find(({ name }) => name === 'look')?.failures).toBe(0)
    const transfers = result.steps.find(({ name }) => name === 'transfer')
    expect(transfers?.failures).toBe(transfers?.requests)
    expect(Object.keys(result.failureReasons)).toEqual(['8 SQLITE_READONLY'])
    expect(await readFile(file)).toEqual(before)
  })

  it('refuses a database that is not on this machine, and faults of an API', async () => {
    const remote = await work.run(loadOf('postgres://user:secret@db.example/test'))
    expect(remote).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('***@db.example/test is not on this machine'),
    })
    const killing = await work.run(load('--fault', 'kill-server@1s'))
    expect(killing).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('this load is on the database itself'),
    })
  })
})
