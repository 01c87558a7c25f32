import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectDatabase } from '../../src/lib/adapters/databases/registry.ts'
import { parseReport } from '../../src/lib/record/parse.ts'
import type { InsertBenchReport } from '../../src/lib/record/record.ts'
import { reservations } from '../../src/lib/workloads/vaccination/tables.ts'
import { testEngines, type TestDatabase } from '../support/database/engines.ts'
import { findViolations } from '../support/ledgers.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

for (const engine of testEngines) {
  describe.skipIf(engine.open === null)(`insert-reservation-bench on ${engine.name}`, () => {
    let place: TestDatabase
    let work: CliSandbox
    let db: string[]
    const serverless = engine.name === 'sqlite'

    beforeAll(async () => {
      place = await engine.open!()
      work = await createSandbox()
      db = ['--db', place.url]
      await work.runJson(['migrate', ...db])
      await work.runJson(['insert-schedules', '--years', '1', ...db])
    })

    afterAll(async () => {
      await work[Symbol.asyncDispose]()
      await place.remove()
    })

    const bench = (...args: string[]) => work.runJson<InsertBenchReport>(['insert-reservation-bench', ...args, ...db])

    /** Rows in the table; fails unless every slot's stock is true for them. */
    async function countTrueRows(): Promise<number> {
      await using database = await connectDatabase(place.url, { poolSize: 2 })
      expect(await findViolations(database)).toEqual([])
      return await database.store.count(reservations)
    }

    it('sweeps up to a size with two orders of keys, counters, and a model of each', async () => {
      const report = await bench(
        '--rows',
        '5k',
        '--keys',
        'ascending,random',
        '--inserts',
        '60',
        '--warmup',
        '10',
        '--forecast',
        '1m',
      )
      expect(report.interrupted).toBe(false)
      expect(report.checkpoints.map(({ rows, keys }) => [rows, keys])).toEqual(
        [0, 250, 500, 1000, 2500, 5000].flatMap((rows) => [
          [rows, 'ascending'],
          [rows, 'random'],
        ]),
      )
      for (const { inserts, blocks, counters } of report.checkpoints) {
        expect(inserts).toBe(60)
        expect(blocks).toHaveLength(6)
        expect(
          counters!.find(({ name }) => ['WAL pages', 'log written', 'script time'].includes(name))!.value,
        ).toBeGreaterThan(0)
      }
      expect(report.model!.map(({ keys, against }) => [keys, against])).toEqual([
        ['ascending', undefined],
        ['random', undefined],
        ['random', 'ascending'],
      ])
      expect(report.model![0]!.forecast).toEqual({
        rows: 1_000_000,
        p50: null,
        refused: 'it takes 4 table sizes of 1,000 rows or more, and there are 3',
      })
      // One leads in each of the six blocks.
      expect(await countTrueRows()).toBe(5000 + 2 * (10 + 60 + 6))
    })

    it('prints a table, the original when asked, counters, a chart and the model', async () => {
      const args = ['insert-reservation-bench', '--at', '6k,8k', '--keys', 'random,ascending', '--inserts', '20', ...db]
      const { code, stdout } = await work.run([...args, '--beside-original'])
      expect(code).toBe(0)
      expect(stdout).toMatch(/6,000 +random +20 .*\n *6,000 +ascending +20 .*\n *8,000 +random/)
      expect(stdout).toContain('8.9 ms each')
      expect(stdout).toMatch(/rows +keys +.*(WAL pages|log written|script time)\/insert/)
      expect(stdout).toContain('● random p50   ○ random p99   ■ ascending p50   □ ascending p99')
      expect(stdout).toContain(
        'ascending: no shape can be named: it takes 3 table sizes of 1,000 rows or more, and there are 2',
      )
    })

    it('streams every insert on the way to a size', async () => {
      const before = await countTrueRows()
      const { checkpoints, stream } = await bench('--stream', '--rows', '9k', '--keys', 'random')
      expect(checkpoints).toEqual([])
      expect(stream).toMatchObject({ keys: 'random', inserts: 9000 - before })
      expect(stream!.buckets).toHaveLength(20)
      expect(stream!.buckets.at(-1)!.toRows).toBe(9000)
      expect(stream!.exitInsertsPerSecond).toBeGreaterThan(1)
      expect(await countTrueRows()).toBe(9000)
      const { stdout } = await work.run(['insert-reservation-bench', '--stream', '--rows', '9200', ...db])
      expect(stdout).toMatch(/200 inserts in .*\(exit rate\)/)
      expect(stdout).toMatch(/stalls/)
    })

    it('keeps inserts on a schedule, on many connections where there may be', async () => {
      const many = serverless ? [] : ['--concurrency', '4']
      const [checkpoint] = (await bench('--rate', '200/s', '--inserts', '80', ...many)).checkpoints
      expect(checkpoint!.serviceTime!.p50).toBeLessThanOrEqual(checkpoint!.p50)
      expect(checkpoint!.insertsPerSecond).toBeGreaterThan(100)
      expect(checkpoint!.insertsPerSecond).toBeLessThan(220)
      const limits = ['--threshold', 'response_time.p99<1us', '--threshold', 'inserts>=40']
      const hasty = ['--rate', '100000/s', '--inserts', '40', '--warmup', '0', ...many, ...limits]
      const { code, stdout } = await work.run(['insert-reservation-bench', ...hasty, ...db])
      expect(code).toBe(3)
      expect(stdout).toMatch(/NOT KEPT +the schedule was not kept at .* rows: 100,000 inserts a second were asked for/)
      expect(stdout).toMatch(/NOT MET +response_time\.p99<1us \(was .*\)\nmet +inserts>=40 \(was 40\)/)
      if (serverless) {
        const refused = await work.run(['insert-reservation-bench', '--concurrency', '2', ...db])
        expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('one writer at a time') })
      }
      await countTrueRows()
    })

    it('reports what it has at Ctrl-C, and leaves a table that can be gone on with', async () => {
      const run = work.start(['insert-reservation-bench', '--stream', '--rows', '1m', ...db])
      await run.waitFor(/Inserting to 1,000,000: /)
      run.child.kill('SIGINT')
      const { code, stdout } = await run.result
      expect(code).toBe(130)
      expect(stdout).toContain('stopped before its time')
      const file = join(work.folder, /report (.*)$/m.exec(stdout)![1]!)
      const report = parseReport(await readFile(file, 'utf8'), file) as InsertBenchReport
      const rows = await countTrueRows()
      expect(report).toMatchObject({ interrupted: true, stream: { buckets: expect.anything() } })
      expect(report.stream!.buckets.at(-1)!.toRows).toBe(rows)
    })

    it('leaves stock that --abandon mends when it is killed', async () => {
      const run = work.start(['insert-reservation-bench', '--stream', '--rows', '1m', ...db])
      await run.waitFor(/Inserting to 1,000,000: /)
      run.child.kill('SIGKILL')
      await run.result
      const { code, stderr } = await work.run(['insert-reservation-bench', '--inserts', '5', ...db])
      expect(code).toBe(1)
      expect(stderr).toContain('mend it by "rushbench insert-reservations --abandon"')
      expect(await work.run(['insert-reservations', '--abandon', ...db])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('The timed inserts are forgotten.'),
      })
      await countTrueRows()
    })

    it('keeps the sizes that were measured, and goes on with the others', async () => {
      const rows = await countTrueRows()
      const sizes = [1, 2, 3].map((step) => rows + step * 300)
      const sweep = ['--at', `${sizes.join()},3900k`, '--inserts', '20', '--warmup', '5']
      const run = work.start(['insert-reservation-bench', ...sweep, ...db])
      await run.waitFor(/Seeding to 3,900,000: /)
      run.child.kill('SIGINT')
      const { code, stdout } = await run.result
      expect(code).toBe(130)
      expect(stdout).toContain('stopped before its time: 3,900,000 rows is missing; go on with --resume')
      const file = join(work.folder, /report (.*)$/m.exec(stdout)![1]!)
      const read = async () => parseReport(await readFile(file, 'utf8'), file) as InsertBenchReport
      const first = await read()
      expect(first).toMatchObject({ interrupted: true, missing: [3_900_000], sweep: { inserts: 20, warmup: 5 } })
      expect(first.checkpoints.map(({ rows: size }) => size)).toEqual(sizes)
      // As if the size had been nearer, so that the test need not seed millions of rows.
      const near = (await countTrueRows()) + 100
      await writeFile(file, JSON.stringify({ ...first, missing: [near] }))
      const whole = await work.runJson<InsertBenchReport>(['insert-reservation-bench', '--resume', ...db])
      expect(whole).toMatchObject({ id: first.id, startedAt: first.startedAt, interrupted: false, missing: [] })
      expect(whole.checkpoints.map(({ rows: size, inserts }) => [size, inserts])).toEqual(
        [...sizes, near].map((size) => [size, 20]),
      )
      expect(whole.checkpoints.slice(0, 3)).toEqual(first.checkpoints)
      expect(await read()).toEqual(whole)
      await countTrueRows()
      const none = await work.run(['insert-reservation-bench', '--resume', ...db])
      expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no sweep to go on with') })
    })

    it('refuses a sweep that does not fit before it begins, with advice that works', async () => {
      const before = await countTrueRows()
      const { code, stderr } = await work.run(['insert-reservation-bench', '--at', '90m', ...db])
      expect(code).toBe(1)
      const [, capacity] = /insert-schedules --capacity (\d+)"/.exec(stderr) ?? []
      expect(await countTrueRows()).toBe(before)
      const args = ['insert-schedules', '--years', '1', '--capacity', capacity ?? '', ...db]
      const { slots, raised } = await work.runJson<{ slots: number; raised: number }>(args)
      expect(raised).toBe(slots)
      await countTrueRows()
    })

    it('keeps what was seeded when it is stopped before anything was measured', async () => {
      const reports = (await readdir(join(work.folder, 'reports'))).length
      const run = work.start(['insert-reservation-bench', '--at', '3900k', ...db])
      await run.waitFor(/Seeding to 3,900,000: /)
      run.child.kill('SIGINT')
      const { code, stderr } = await run.result
      expect(code).toBe(130)
      expect(stderr).toContain('Nothing was measured yet')
      expect(await readdir(join(work.folder, 'reports'))).toHaveLength(reports)
      // One leads in the block.
      expect((await bench('--inserts', '5', '--warmup', '10')).checkpoints[0]!.rows).toBe((await countTrueRows()) - 16)
    })
  })
}

describe('insert-reservation-bench says what cannot be', () => {
  it.each([
    [['--at', '5', '--rows', '5'], 'not both'],
    [['--stream'], '--stream needs --rows'],
    [['--stream', '--rows', '5', '--keys', 'ascending,random'], 'keys of one order'],
    [['--stream', '--rows', '5', '--forecast', '10'], '--forecast needs table sizes'],
    [['--keys', 'sideways'], 'Allowed: ascending, random, or ascending,random'],
    [['--rate', '0/s'], 'such as 200/s'],
    [['--threshold', 'failures<1%'], 'with one of: response_time.p50'],
  ])('%j', async (args, message) => {
    await using work = await createSandbox()
    const { code, stdout, stderr } = await work.run(['insert-reservation-bench', ...args])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
  })
})

describe('insert-reservation-bench says what a crash may undo', () => {
  it('in its headline, its page and the comparison with a run that risks nothing', async () => {
    await using work = await createSandbox()
    const bench = async (db: string) => {
      const args = ['insert-reservation-bench', '--inserts', '10', '--warmup', '1', '--report', 'html', '--db', db]
      const { stdout } = await work.run(args)
      const report = /^report (.*json)$/m.exec(stdout)![1]!
      return { stdout, report, page: await readFile(join(work.folder, report.replace(/json$/, 'html')), 'utf8') }
    }
    await work.runJson(['migrate', '--db', 'sqlite:a.db'])
    await work.runJson(['insert-schedules', '--years', '1', '--db', 'sqlite:a.db'])
    const safe = await bench('sqlite:a.db')
    const risky = await bench('sqlite:a.db?synchronous=normal')
    expect(safe.stdout).toMatch(/^single durable inserts into sqlite \S+ \(journal_mode=wal, synchronous=full\)$/m)
    expect(safe.stdout).not.toContain('NOT durable')
    expect(safe.stdout).toMatch(/^server {5}cache_size=.*\ntable {6}schedules: about \d/m)
    const risk = 'a crash may undo all commits since the last checkpoint, unless only the process fails'
    expect(risky.stdout).toMatch(/^single inserts into sqlite \S+ \(journal_mode=wal, synchronous=normal\)$/m)
    expect(risky.stdout).toContain(`\nNOT durable: ${risk}\n`)
    expect(risky.page).toContain('Not durable')
    expect(risky.page).toContain(risk.slice(2))
    expect(safe.page).not.toContain('Not durable')
    const compared = await work.run(['compare', safe.report, risky.report])
    expect(compared).toMatchObject({ code: 1, stderr: expect.stringContaining('durability: at_risk=nothing') })
    const forced = await work.run(['compare', safe.report, risky.report, '--force'])
    expect(forced.stdout + forced.stderr).toContain('at_risk=all commits since the last checkpoint')
  })
})
