import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditReport, LoadReport } from '../../src/lib/record/record.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

describe('load --workload isolation', () => {
  let work: CliSandbox

  beforeAll(async () => {
    work = await createSandbox()
  })

  afterAll(() => work[Symbol.asyncDispose]())

  it('judges what transactions saw, on the embedded database, and again from the ledger', async () => {
    const load = ['load', '--workload', 'isolation', '--users', '4', '--duration', '1s', '--threads', '2']
    const { audit, ledger, load: result } = await work.runJson<LoadReport>([...load, '--key-skew', '1'])
    expect(result.outcomes.booked).toBeGreaterThan(0)
    expect(audit?.isolation).toMatchObject({
      asked: 'serializable',
      committed: result.outcomes.booked,
      anomalies: [],
      consistentWith: ['strict-serializable'],
    })
    const audited = await work.runJson<AuditReport>(['audit', '--workload', 'isolation', '--ledger', ledger ?? ''])
    expect(audited.audit.isolation).toEqual(audit?.isolation)
  })

  it('says which databases it runs on, and that it has no API', async () => {
    const redis = ['load', '--workload', 'isolation', '--db', 'redis://127.0.0.1:1', '--duration', '1s']
    const refused = await work.run(redis)
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain(
      'The workload isolation does not run on redis. It runs on SQLite, MySQL/MariaDB or PostgreSQL (--db).',
    )
    const started = await work.run(['start', '--workload', 'isolation'])
    expect(started.code).toBe(2)
    expect(started.stderr).toContain('has no API')
  })
})
