import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { Client } from 'pg'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectDatabase } from '../../src/lib/adapters/databases/registry.ts'
import { parseReport } from '../../src/lib/record/parse.ts'
import type { InsertBenchReport } from '../../src/lib/record/record.ts'
import { reservations } from '../../src/lib/workloads/vaccination/tables.ts'
import { findViolations } from '../support/ledgers.ts'
import { startPrivateService } from '../support/private-service.ts'
import { openSeverableProxy } from '../support/severable-proxy.ts'
import { createSandbox, type CliResult, type CliSandbox } from '../support/cli/sandbox.ts'

/** Ends the sessions of others, as an administrator does. */
const killSessions = {
  async mariadb(url: string) {
    const admin = await createConnection(url)
    const [rows] = await admin.query<RowDataPacket[]>(
      'select id from information_schema.processlist where id <> connection_id()',
    )
    for (const { id } of rows) await admin.query(`kill ${id}`).catch(() => {})
    await admin.end()
  },
  async postgres(url: string) {
    const admin = new Client({ connectionString: url })
    await admin.connect()
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'",
    )
    await admin.end()
  },
  async redis(url: string) {
    const admin = createClient({ url })
    await admin.connect()
    await admin.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'])
    await admin.close()
  },
}

const servers = await Promise.all(
  (['mariadb', 'postgres', 'redis'] as const).map(async (name) => ({ name, server: await startPrivateService(name) })),
)
afterAll(async () => {
  for (const { server } of servers) await server?.[Symbol.asyncDispose]()
})

const missing = servers.some(({ server }) => server === null)

describe.skipIf(missing).for(servers)('timed inserts into $name that lose their server', ({ name, server: found }) => {
  const url = found?.url ?? ''
  let work: CliSandbox
  const db = ['--db', url]

  beforeAll(async () => {
    work = await createSandbox()
    await work.runJson(['migrate', ...db])
    await work.runJson(['insert-schedules', '--years', '1', '--capacity', '1000', ...db])
  })
  afterAll(() => work[Symbol.asyncDispose]())

  /** Rows in the table, once the stock of every slot is true for them, or is mended as it is said. */
  async function countTrueRows({ stderr }: CliResult): Promise<number> {
    const unsettled = /rushbench insert-reservations --abandon/.test(stderr)
    const next = await work.run(['insert-reservation-bench', '--inserts', '5', '--warmup', '0', ...db])
    expect(next.code).toBe(unsettled ? 1 : 0)
    if (unsettled) expect(await work.run(['insert-reservations', '--abandon', ...db])).toMatchObject({ code: 0 })
    await using database = await connectDatabase(url, { poolSize: 2 })
    expect(await findViolations(database)).toEqual([])
    return await database.store.count(reservations)
  }

  async function countRows(): Promise<number> {
    await using database = await connectDatabase(url, { poolSize: 1 })
    return await database.store.count(reservations)
  }

  /** Begins a stream over `at`, and does `harm` when more than a twentieth of it is stored. */
  async function stream(at: string, harm: () => unknown): Promise<CliResult> {
    const rows = await countRows()
    const run = work.start(['insert-reservation-bench', '--stream', '--rows', String(rows + 20_000), '--db', at])
    while ((await countRows()) < rows + 1200 && run.child.exitCode === null) await sleep(20)
    await harm()
    const result = await run.result
    expect(result).toMatchObject({ code: 1, stderr: expect.stringMatching(/was lost|Cannot reach/) })
    expect(result.stderr).not.toMatch(/\n {4}at /)
    return result
  }

  async function reportOf({ stderr }: CliResult): Promise<InsertBenchReport> {
    const file = join(work.folder, / is in (\S+\.json)/.exec(stderr)?.[1] ?? '')
    return parseReport(await readFile(file, 'utf8'), file) as InsertBenchReport
  }

  it('because their sessions are killed', async () => {
    const result = await stream(url, () => killSessions[name](url))
    const report = await reportOf(result)
    expect(report).toMatchObject({ interrupted: true, stream: { buckets: expect.anything() } })
    expect(await countTrueRows(result)).toBeGreaterThanOrEqual(report.stream!.inserts)
  })

  it('because the way to it is cut', async () => {
    await using proxy = await openSeverableProxy(url)
    const result = await stream(proxy.url, () => proxy.cut())
    expect(await countTrueRows(result)).toBeGreaterThan(0)
  })

  it('because it is killed, of a sweep that keeps the sizes before', async () => {
    const rows = await countRows()
    const sizes = [rows + 10, rows + 30]
    const sweep = ['--at', `${sizes.join()},${rows + 3_000_000}`, '--inserts', '10', '--warmup', '0']
    const run = work.start(['insert-reservation-bench', ...sweep, ...db])
    await run.waitFor(new RegExp(`Seeding to ${(rows + 3_000_000).toLocaleString('en-US')}: `))
    await found!.kill()
    const result = await run.result
    expect(result).toMatchObject({ code: 1, stderr: expect.stringMatching(/was lost|Cannot reach/) })
    const report = await reportOf(result)
    expect(report).toMatchObject({ interrupted: true, missing: [rows + 3_000_000] })
    expect(report.checkpoints.map((checkpoint) => checkpoint.rows)).toEqual(sizes)
    await found!.start()
    const next = await work.run(['insert-reservations', '--abandon', ...db])
    expect(next).toMatchObject({ code: 0 })
    await using again = await connectDatabase(url, { poolSize: 2 })
    expect(await findViolations(again)).toEqual([])
    expect(await again.store.count(reservations)).toBeGreaterThanOrEqual(rows + 40)
  })
})
