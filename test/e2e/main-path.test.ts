import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatCount } from '../../src/lib/base/format.ts'
import { parseReport } from '../../src/lib/record/parse.ts'
import type { InsertBenchReport, LoadReport, SeedReport } from '../../src/lib/record/record.ts'
import { testEngines, type TestDatabase } from '../support/database/engines.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

const allSlots = 52_596
/** Table sizes that are measured once a seeding of 2 a slot, and of 1,000, is in. */
const checkpoints = [110_000, 120_000] as const

for (const engine of testEngines) {
  describe.skipIf(engine.open === null)(`the commands, one after the other, on ${engine.name}`, () => {
    let place: TestDatabase
    let work: CliSandbox
    let db: string[]

    beforeAll(async () => {
      place = await engine.open!()
      work = await createSandbox()
      db = ['--db', place.url]
    })

    afterAll(async () => {
      await work[Symbol.asyncDispose]()
      await place.remove()
    })

    it('migrate', async () => {
      const missing = await work.run(['insert-schedules', ...db])
      expect(missing).toMatchObject({ code: 1, stdout: '' })
      expect(missing.stderr).toContain('Run "rushbench migrate" first')
      expect(await work.runJson(['migrate', ...db])).toMatchObject({ changed: ['schedules', 'reservations'] })
      expect(await work.runJson(['migrate', ...db])).toMatchObject({ changed: [] })
      const { stdout } = await work.run(['migrate', '--status', ...db])
      expect(stdout).toMatch(/schedules +present\nreservations +present/)
    })

    it('insert-schedules', async () => {
      const empty = await work.run(['insert-reservations', ...db])
      expect(empty).toMatchObject({ code: 1 })
      expect(empty.stderr).toContain('insert-schedules')
      const count = 39_456
      const text = formatCount(count)
      const { stdout } = await work.run(['insert-schedules', ...db])
      expect(stdout).toBe(`${text} slots in place, ${text} of them new.\n`)
      expect(await work.runJson(['insert-schedules', ...db])).toEqual({ slots: count, added: 0, raised: 0 })
      const more = await work.runJson(['insert-schedules', '--years', '4', '--capacity', '5', ...db])
      expect(more).toEqual({ slots: allSlots, added: allSlots - count, raised: 0 })
    })

    it('insert-reservations', async () => {
      const seed = await work.runJson<SeedReport>(['insert-reservations', '-n', '2', ...db])
      expect(seed).toMatchObject({ kind: 'seed', rows: 2 * allSlots, passedOver: [] })
      expect(seed.rowsPerSecond).toBeGreaterThan(1000)
      expect(await work.runJson(['insert-reservations', '--rows', '1k', ...db])).toMatchObject({ rows: 1000 })
      const tooMany = await work.run(['insert-reservations', '--rows', '20m', ...db])
      expect(tooMany).toMatchObject({ code: 1 })
      expect(tooMany.stderr).toMatch(/20,000,000 reservations do not fit: the slots have [\d,]+ places left/)
    })

    it('insert-reservation-bench', async () => {
      const bench = await work.runJson<InsertBenchReport>(['insert-reservation-bench', '--inserts', '30', ...db])
      const [checkpoint] = bench.checkpoints
      expect(checkpoint).toMatchObject({ rows: 2 * allSlots + 1000, inserts: 30 })
      expect(checkpoint!.p50).toBeGreaterThan(0)
      expect(checkpoint!.p50).toBeLessThanOrEqual(checkpoint!.max)
      const sweep = ['insert-reservation-bench', '--at', checkpoints.join(), '--inserts', '20', ...db]
      const { stdout } = await work.run(sweep)
      const [first, second] = checkpoints.map(formatCount)
      expect(stdout).toMatch(new RegExp(`${first} +ascending +20 .*\n *${second} +ascending +20 `))
      expect(stdout).not.toContain('8.9 ms')
      expect((await work.run(sweep)).stderr).toContain(`--at ${first} cannot be measured`)
    })

    it('load, with an API of its own', async () => {
      // In which bookings happen: 9 s after a user's start, at the earliest.
      const [users, seconds] = [60, 12]
      const args = ['load', '--users', `${users}`, '--duration', `${seconds}s`, '--threshold', 'failures<=0%', ...db]
      const { code, stdout, stderr } = await work.run(args)
      expect({ code, stderr }).toMatchObject({ code: 0 })
      expect(stdout).toMatch(/^valid /m)
      expect(stdout).toMatch(/^audit ok {3}[1-9]\d* bookings acknowledged: 0 lost, 0 doubled, 0 oversold/m)
      expect(stdout).toMatch(/^met {8}failures<=0% \(was 0%\)/m)
      expect(stderr).toContain(`10 of ${seconds} s: ${users} users`)
      const file = join(work.folder, /report (.*)$/m.exec(stdout)![1]!)
      const report = parseReport(await readFile(file, 'utf8'), file) as LoadReport
      expect(report.load.requests).toBe(report.load.steps.reduce((sum, step) => sum + step.requests, 0))
      expect(report.load.outcomes.booked).toBe(report.audit!.acknowledged)
      const { timeline, requests } = report.load
      expect(timeline.slice(0, seconds).every(({ durationMs }) => durationMs === 1000)).toBe(true)
      // What ended in the grace has a row of its own.
      expect([seconds, seconds + 1]).toContain(timeline.length)
      expect(timeline.reduce((sum, row) => sum + row.requests, 0)).toBe(requests)
      expect(report.environment.engine).toBe(engine.name)
      // Read each second, on the time axis of the timeline.
      const { counters, seconds: length, readMs, error } = report.load.serverActivity!
      expect({ length, error }).toEqual({ length: 1, error: undefined })
      const log = counters.find(({ name }) => ['WAL pages', 'log written', 'log size'].includes(name))
      if (counters.length > 0) {
        expect(log!.values.slice(0, seconds).filter((value) => value !== null).length).toBeGreaterThan(seconds / 2)
        expect(log!.highest).toBeGreaterThan(0)
        expect(readMs).toBeLessThan(1000)
        expect(stdout).toMatch(/^server +mean +highest +in all$/m)
      } else {
        expect(stdout).toContain('server counters: none; this server tells nothing')
      }
    })

    it('start, load against it with another cache, and SIGTERM', async () => {
      const api = work.start(['start', '--port', '0', '--cache', 'none', ...db])
      const [, origin] = await api.waitFor(/Listening on (\S+)/)
      expect((await fetch(`${origin}/healthz`)).status).toBe(200)
      const run = ['load', '--target', origin!, '--users', '20', '--duration', '3s', '--cache', 'none']
      const report = await work.runJson<LoadReport>([...run, ...db])
      expect(report.load.failures).toBe(0)
      expect(report.audit?.passed).toBe(true)
      expect((await work.runJson<LoadReport>(run)).audit, 'without --db nobody knows the database').toBeNull()
      api.child.kill('SIGTERM')
      expect(await api.result).toMatchObject({ code: 0 })
    })

    it('compare', async () => {
      const reports = (await readdir(join(work.folder, 'reports'))).filter((name) => name.includes('insert-bench'))
      const [first, second] = reports.map((name) => join('reports', name)) as [string, string]
      expect(await work.run(['compare', first, `./${first}`])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('cannot be compared with itself'),
      })
      const other = await work.run(['compare', first, second])
      expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('they differ in') })
      const forced = await work.run(['compare', first, second, '--force', '--strict', '--json'])
      expect(JSON.parse(forced.stdout)).toMatchObject({ verdict: 'inconclusive', runs: { baseline: 1, candidate: 1 } })
      expect(forced.code).toBe(5)
    })

    it('shows no password in any report', async () => {
      const files = await readdir(join(work.folder, 'reports'))
      expect(files.length).toBeGreaterThan(5)
      for (const file of files) {
        expect(file).toMatch(
          /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-((load|insert-bench|seed)(-\d+)?\.json|load(-\d+)?\.ledger\.jsonl)$/,
        )
        const text = await readFile(join(work.folder, 'reports', file), 'utf8')
        expect(text).not.toContain(':rushbench@')
        if (file.endsWith('.json')) parseReport(text, file)
      }
    })

    it('migrate --down', async () => {
      expect(await work.runJson(['migrate', '--down', ...db])).toMatchObject({ changed: ['schedules', 'reservations'] })
    })
  })
}
