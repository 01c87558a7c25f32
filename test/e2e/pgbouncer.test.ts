import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InsertBenchReport, LoadReport } from '../../src/lib/record/record.ts'
import { testEngines, type TestDatabase } from '../support/database/engines.ts'
import { startPrivatePgbouncer } from '../support/database/private-pgbouncer.ts'
import { findService } from '../support/services.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'
import { rushScenario } from '../support/cli/rush-scenario.ts'

const server = await findService('postgres')
// Fewer sessions than clients, so that these meet each other's.
const pgbouncer = server === null ? null : await startPrivatePgbouncer(server, 4)

afterAll(async () => pgbouncer?.[Symbol.asyncDispose]())

describe.skipIf(pgbouncer === null)('through PgBouncer in transaction mode', () => {
  let place: TestDatabase
  let work: CliSandbox
  let db: string[]

  beforeAll(async () => {
    place = await testEngines.find(({ name }) => name === 'postgres')!.open!()
    work = await createSandbox()
    db = ['--db', pgbouncer!.through(place.url)]
  })
  afterAll(async () => {
    await work[Symbol.asyncDispose]()
    await place.remove()
  })

  const pooled = { transport: 'tcp', encrypted: false, pooled: true }

  it('tables are made, seeded, verified and measured', async () => {
    await work.runJson(['migrate', ...db])
    await work.runJson(['insert-schedules', '--years', '1', ...db])
    const seeding = ['--rows', '5k', '--connections', '2', '--verify']
    expect(await work.runJson(['insert-reservations', ...seeding, ...db])).toMatchObject({ rows: 5000 })
    const inserts = ['insert-reservation-bench', '--inserts', '60', '--concurrency', '6', ...db]
    const report = await work.runJson<InsertBenchReport>(inserts)
    expect(report.environment.connection).toEqual(pooled)
    expect(report.retries).toEqual({})
    const { stdout } = await work.run(inserts)
    expect(stdout).toContain('\nconnection TCP, not encrypted, through a connection pooler\n')
  })

  it('an API keeps every booking of a load', async () => {
    await writeFile(join(work.folder, 'rush.ts'), rushScenario)
    const load = ['load', '--scenario', 'rush.ts', '--users', '20', '--duration', '2s', ...db]
    const report = await work.runJson<LoadReport>(load)
    expect(report.load.failureReasons).toEqual({})
    expect(report.load.outcomes).toMatchObject({ failed: 0, unknown: 0 })
    expect(report.audit).toMatchObject({ acknowledged: report.load.outcomes.booked, passed: true })
    expect(report.load.outcomes.booked).toBeGreaterThan(100)
    expect(report.environment.connection).toEqual(pooled)
  })
})
