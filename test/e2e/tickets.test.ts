import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectDatabase } from '../../src/lib/adapters/databases/registry.ts'
import { parseReport } from '../../src/lib/record/parse.ts'
import type { AuditReport, LoadReport } from '../../src/lib/record/record.ts'
import { lines, orders, products, rejected } from '../../src/lib/workloads/tickets/tables.ts'
import { testEngines, type TestDatabase } from '../support/database/engines.ts'
import { startPrivateService } from '../support/private-service.ts'
import { createSandbox, type CliResult, type CliSandbox } from '../support/cli/sandbox.ts'

const clean = { lost: 0, duplicate: 0, oversold: 0, inconsistent: 0, passed: true }

async function readReport(work: CliSandbox, { stdout }: CliResult): Promise<LoadReport> {
  const file = join(work.folder, /report (.*)$/m.exec(stdout)![1]!)
  return parseReport(await readFile(file, 'utf8'), file) as LoadReport
}

const ledgerOf = (work: CliSandbox) =>
  readdirSync(join(work.folder, 'reports')).find((file) => file.endsWith('.jsonl'))!

for (const engine of testEngines.filter(({ name }) => name === 'sqlite' || name === 'postgres')) {
  describe.skipIf(engine.open === null)(`tickets on ${engine.name}, killed in the middle of a burst and paused`, () => {
    let place: TestDatabase
    let work: CliSandbox
    let report: LoadReport
    let output: CliResult

    beforeAll(async () => {
      place = await engine.open!()
      work = await createSandbox()
      const load = [
        '--rate',
        '60/s',
        '--burst',
        '10x@1s:500ms',
        '--mix',
        'dirty',
        '--duration',
        '7s',
        '--timeout',
        '5s',
      ]
      const faults = ['--fault', 'kill-server@1200ms', '--fault', 'pause-database@5s:800ms']
      output = await work.run([
        'load',
        '--workload',
        'tickets',
        '--db',
        place.url,
        ...load,
        ...faults,
        '--beside-original',
      ])
      report = await readReport(work, output)
    })

    afterAll(async () => {
      await work[Symbol.asyncDispose]()
      await place.remove()
    })

    const audit = () =>
      work.run(['audit', '-w', 'tickets', '--db', place.url, '--ledger', `reports/${ledgerOf(work)}`, '--json'])

    it('loses and doubles nothing that was acknowledged', () => {
      // On a machine that is busy with other things the run may be said not to be valid.
      expect([0, 5]).toContain(output.code)
      expect(report.audit).toMatchObject(clean)
      expect(report.audit!.acknowledged).toBeGreaterThan(50)
      expect(report.load.faults).toMatchObject([{ kind: 'kill-server' }, { kind: 'pause-database' }])
      expect(report.load.failures).toBeGreaterThan(0)
    })

    it('sends what was asked for: a burst, and receipts that are broken or come again', () => {
      expect(report.load).toMatchObject({ workload: 'tickets' })
      expect(report.load.model).toMatchObject({ bursts: [{ factor: 10, atMs: 1000, lengthMs: 500 }] })
      expect(output.stdout).toContain('10 times as many from 1.0 s on for 0.5 s')
      const steps = report.load.steps.map(({ name }) => name)
      expect(steps.toSorted()).toEqual(['broken receipt', 'receipt', 'receipt again'])
      // 60 a second for 7 s, and ten times as many for half a second of them.
      expect((report.load.iterations ?? 0) + (report.load.skipped ?? 0)).toBe(60 * 7 + 9 * 30)
    })

    it('shows the figures of the original beside its own when asked', () => {
      expect(output.stdout).toContain('256 requests/s, p50 95 ms, p99 655 ms')
    })

    it('is audited again later, and found out when a line or a receipt is gone', async () => {
      const before = await audit()
      expect([before.code, JSON.parse(before.stdout)]).toMatchObject([0, { audit: clean }])
      await using database = await connectDatabase(place.url, { poolSize: 1 })
      const { store } = database
      const [line] = await store.find(lines, {}, { orderBy: ['id'], limit: 1 })
      const [receipt] = await store.find(rejected, {}, { orderBy: ['id'], limit: 1, columns: ['id'] })
      await store.remove(lines, { id: line!.id })
      await store.remove(rejected, { id: receipt!.id })
      await store.insert(products, [{ id: 'never-seen', name: 'x', price_cents: 1 }])
      const after = await audit()
      const { violations, inconsistent } = (JSON.parse(after.stdout) as AuditReport).audit
      expect(after.code).toBe(4)
      // The product of that line may have stood on no other.
      expect(inconsistent).toBeGreaterThanOrEqual(2)
      expect(violations.map(({ key }) => key)).toEqual(
        expect.arrayContaining([`order ${line!.order_id}`, 'product never-seen', receipt!.id]),
      )
    })
  })
}

describe('tickets', () => {
  it('is listed, and says which mixes it has', async () => {
    await using work = await createSandbox()
    expect((await work.run(['workloads'])).stdout).toContain('receipts sent to a webhook')
    const wrong = await work.run(['load', '-w', 'tickets', '--mix', 'noisy'])
    expect([wrong.code, wrong.stderr]).toMatchObject([2, expect.stringContaining('Allowed: steady, dirty.')])
    const late = await work.run(['load', '-w', 'tickets', '--burst', '10x@1s:1s'])
    expect([late.code, late.stderr]).toMatchObject([2, expect.stringContaining('give one with --rate')])
    const unrated = await work.run([
      'load',
      '-w',
      'tickets',
      '--rate',
      '1/s',
      '--duration',
      '2s',
      '--burst',
      '2x@1s:2s',
    ])
    expect([unrated.code, unrated.stderr]).toMatchObject([2, expect.stringContaining('before the end of the run')])
  })

  it('is sent from several threads alike', async () => {
    await using work = await createSandbox()
    const load = [
      '--rate',
      '40/s',
      '--duration',
      '2s',
      '--threads',
      '2',
      '--max-in-flight',
      '50',
      '--burst',
      '3x@1s:500ms',
    ]
    const output = await work.run(['load', '-w', 'tickets', ...load])
    expect([0, 5]).toContain(output.code)
    const { load: figures, audit } = await readReport(work, output)
    expect(audit).toMatchObject({ ...clean, acknowledged: 120 })
    expect(figures.iterations).toBe(120)
  })
})

const postgres = await startPrivateService('postgres')

describe.skipIf(!postgres)('tickets on a PostgreSQL that is killed and started again', () => {
  afterAll(() => postgres?.[Symbol.asyncDispose]())

  /** While the server is down there are none. */
  async function countOrders(): Promise<number> {
    try {
      await using database = await connectDatabase(postgres!.url, { poolSize: 1 })
      return await database.store.count(orders)
    } catch {
      return 0
    }
  }

  async function waitForOrders(count: number): Promise<void> {
    while ((await countOrders()) < count) await sleep(100)
  }

  it('loses and doubles nothing that was acknowledged, and goes on', async () => {
    await using work = await createSandbox()
    const mix = ['--mix', 'dirty', '--rate', '80/s', '--duration', '100s', '--timeout', '5s']
    const load = work.start(['load', '-w', 'tickets', '--db', postgres!.url, ...mix])
    await waitForOrders(100)
    await postgres!.kill()
    await postgres!.start()
    await waitForOrders((await countOrders()) + 100)
    load.child.kill('SIGINT')
    const output = await load.result
    expect(output.code).toBe(130)
    const { audit, load: figures } = await readReport(work, output)
    expect(audit).toMatchObject(clean)
    expect(audit!.acknowledged).toBeGreaterThan(200)
    expect(figures.failureReasons['status 500']).toBeGreaterThan(0)
  })

  it('keeps what was measured, also when the database is away in the end', async () => {
    await using work = await createSandbox()
    const load = work.start(['load', '-w', 'tickets', '--db', postgres!.url, '--users', '20', '--duration', '4s'])
    const before = await countOrders()
    await waitForOrders(before + 5)
    await postgres!.kill()
    const output = await load.result
    expect(output).toMatchObject({ code: 1, stderr: expect.stringContaining('Cannot reach the database') })
    expect(output.stdout).toMatch(/^NO AUDIT {3}Cannot reach the database/m)
    const { audit, auditFailure, load: figures } = await readReport(work, output)
    expect({ audit, auditFailure }).toEqual({ audit: null, auditFailure: expect.stringContaining('Cannot reach') })
    expect(figures.requests).toBeGreaterThan(5)
  })
})
