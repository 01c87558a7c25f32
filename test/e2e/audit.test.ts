import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectDatabase } from '../../src/lib/databases/registry.ts'
import type { LedgerEntry } from '../../src/lib/load/scenario.ts'
import type { AuditReport } from '../../src/lib/reports/record.ts'
import { reservations, schedules } from '../../src/lib/workloads/vaccination/tables.ts'
import { testEngines, type TestDatabase } from '../integration/databases/engines.ts'
import { createWorkplace, type RunningCli, type Workplace } from './cli.ts'

// FerretDB reads a whole collection for every booking, so that a load on it would hardly book.
for (const engine of testEngines.filter(({ name }) => name !== 'ferretdb')) {
  describe.skipIf(engine.open === null)(`a load that was killed, and its audit, on ${engine.name}`, () => {
    let place: TestDatabase
    let work: Workplace
    let api: RunningCli
    let origin: string
    let db: string[]
    let bookings: (LedgerEntry & { readonly id: string })[]

    const ledger = 'killed.jsonl'
    const audit = () => work.run(['audit', '--ledger', ledger, ...db])

    beforeAll(async () => {
      place = await engine.open!()
      work = await createWorkplace()
      db = ['--db', place.url]
      await work.runJson(['migrate', ...db])
      await work.runJson(['insert-schedules', '--years', '1', ...db])
      await work.runJson(['insert-reservations', '--rows', '5k', ...db])
      api = work.start(['start', '--port', '0', ...db])
      origin = (await api.waitFor(/Listening on (\S+)/))[1]!
    })

    afterAll(async () => {
      api.child.kill('SIGTERM')
      await api.result
      await work[Symbol.asyncDispose]()
      await place.remove()
    })

    /** The whole lines of the ledger so far. */
    async function readLines(): Promise<string[]> {
      const text = await readFile(join(work.folder, ledger), 'utf8').catch(() => '')
      return text.split('\n').slice(0, -1)
    }

    it('leaves a ledger behind by which nothing is lost', async () => {
      const args = ['load', '--target', origin, '--users', '400', '--duration', '60s', '--ledger', ledger, ...db]
      const load = work.start(args)
      await expect.poll(async () => (await readLines()).length, { timeout: 60_000 }).toBeGreaterThan(50)
      load.child.kill('SIGKILL')
      await load.result
      bookings = (await readLines()).slice(1).map((line) => JSON.parse(line) as (typeof bookings)[number])
      const { code, stdout } = await audit()
      expect(stdout).toContain(
        `audit ok   ${bookings.length} bookings acknowledged: 0 lost, 0 doubled, 0 slots oversold`,
      )
      expect(stdout).toContain(`ledger     ${ledger}: ${bookings.length} booked, 0 unknown, 0 failed`)
      expect(code).toBe(0)
    })

    it('says exactly which booking was lost, doubled, and which slot oversold', async () => {
      const [lost, doubled] = bookings as [(typeof bookings)[number], (typeof bookings)[number]]
      const copy = '00000000-0000-7000-8000-000000000001'
      {
        await using database = await connectDatabase(place.url, { poolSize: 1 })
        const { store } = database
        await store.remove(reservations, { id: lost.id })
        await store.update(schedules, { id: Number(lost.resource) }, { stock: { add: 1 } })
        await store.insert(reservations, [{ id: copy, ticket_id: doubled.key, schedule_id: Number(doubled.resource) }])
      }
      const { code, stdout } = await audit()
      const slot = Number(doubled.resource)
      expect(stdout).toContain(
        `AUDIT      ${bookings.length} bookings acknowledged: 1 lost, 1 doubled, 1 slots oversold`,
      )
      expect(stdout).toContain(`lost: ${lost.key}, acknowledged as ${lost.id} for ${lost.resource}, not in the table`)
      expect(stdout).toContain(
        `duplicate: ${doubled.key}, acknowledged as ${doubled.id} for ${slot}, 2 times in the table: also as ${copy} for ${slot}`,
      )
      expect(stdout).toMatch(
        new RegExp(`oversold: schedules ${slot}, (\\d+) reservations for 300 places, stock says \\d+`),
      )
      expect(code).toBe(4)
    })

    it('shows a booking that was stored without an answer, and blames nobody', async () => {
      const text = await readFile(join(work.folder, ledger), 'utf8')
      const stored = bookings[2]!
      const { id: _, ...unanswered } = { ...stored, outcome: 'unknown' }
      const other = 'unanswered.jsonl'
      const [head] = text.split('\n')
      await writeFile(join(work.folder, other), `${head}\n${JSON.stringify(unanswered)}\n{"outcome":"boo`)
      const { code, stdout } = await work.run(['audit', '--ledger', other, '--json', ...db])
      const report = JSON.parse(stdout) as AuditReport
      expect(report.audit).toMatchObject({ acknowledged: 0, lost: 0, duplicate: 0, unknownCommitted: 1 })
      expect(report.audit.violations).toContainEqual({
        kind: 'unknown-committed',
        key: stored.key,
        detail: `stored as ${stored.id} for ${stored.resource}, though it was not acknowledged`,
      })
      expect(report.ledgers).toMatchObject([{ file: other, target: origin, booked: 0, unknown: 1, torn: true }])
      expect(code, 'the slot is still oversold').toBe(4)
      const saved = (await readdir(join(work.folder, 'reports'))).filter((name) => name.endsWith('-audit.json'))
      expect(saved.length).toBeGreaterThan(0)
    })
  })
}

describe('a ledger that cannot be written', () => {
  it('ends the load with an error, and without an audit', async () => {
    await using work = await createWorkplace()
    await work.runJson(['migrate'])
    await work.runJson(['insert-schedules', '--years', '1'])
    const api = work.start(['start', '--port', '0'])
    const [, origin] = await api.waitFor(/Listening on (\S+)/)
    const entryPoint = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
    // 1 kB is the most that any file of this process may have.
    const load = spawn(
      'bash',
      [
        '-c',
        'ulimit -f 1; exec "$0" "$@"',
        process.execPath,
        entryPoint,
        'load',
        '--target',
        origin!,
        '--users',
        '200',
        '--duration',
        '60s',
        '--db',
        'sqlite:.rushbench/rushbench.db',
      ],
      { cwd: work.folder },
    )
    let output = ''
    for (const stream of [load.stdout, load.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    const [code] = (await once(load, 'close')) as [number]
    expect(output).toMatch(/The ledger reports\/\S+\.ledger\.jsonl cannot be written: EFBIG/)
    expect(output).not.toContain('audit ok')
    expect(code).toBe(1)
    api.child.kill('SIGTERM')
    await api.result
  })
})

describe('rushbench audit', () => {
  it('refuses what it cannot audit', async () => {
    await using work = await createWorkplace()
    expect(await work.run(['audit'])).toMatchObject({ code: 1, stderr: expect.stringContaining('rushbench migrate') })
    await work.runJson(['migrate'])
    expect(await work.runJson(['audit'])).toMatchObject({ kind: 'audit', audit: { passed: true }, ledgers: [] })
    await writeFile(join(work.folder, 'broken'), 'no ledger\n')
    const broken = await work.run(['audit', '--ledger', 'broken'])
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining('Line 1 of broken is not a ledger') })
  })
})
