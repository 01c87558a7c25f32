import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectDatabase } from '../../src/lib/adapters/databases/registry.ts'
import type { SeedReport } from '../../src/lib/record/record.ts'
import { readJournal, readStored } from '../../src/lib/seeding/journal.ts'
import { reservationJournal } from '../../src/lib/seeding/reservation-journal.ts'
import { testEngines, type TestDatabase } from '../support/database/engines.ts'
import { findViolations } from '../support/ledgers.ts'
import { borrowDatabase } from '../support/database/redis-databases.ts'
import { findService } from '../support/services.ts'
import { createSandbox, type RunningCli, type CliSandbox } from '../support/cli/sandbox.ts'

const redis = await findService('redis')
/** Seven blocks. */
const rows = 300_000

async function storedBlocks(url: string): Promise<number> {
  await using database = await connectDatabase(url, { poolSize: 1 })
  return (await readJournal(database, reservationJournal)) === null
    ? 0
    : (await readStored(database, reservationJournal)).size
}

async function faults(url: string): Promise<string[]> {
  await using database = await connectDatabase(url, { poolSize: 1 })
  return (await findViolations(database)).map(({ detail }) => detail)
}

const sumRows = ({ workers = [] }: SeedReport): number => workers.reduce((sum, worker) => sum + worker.rows, 0)

for (const engine of testEngines.filter(({ name }) => name === 'mariadb' || name === 'postgres')) {
  describe.skipIf(engine.open === null || redis === null)(`a seeding by workers, on ${engine.name}`, () => {
    let place: TestDatabase
    let queue: Awaited<ReturnType<typeof borrowDatabase>>
    let work: CliSandbox
    let db: string[]
    let onQueue: string[]
    let workers: RunningCli[]

    beforeEach(async () => {
      place = await engine.open!()
      queue = await borrowDatabase(redis!)
      work = await createSandbox()
      db = ['--db', place.url]
      onQueue = ['--queue', queue.url]
      workers = []
      await work.runJson(['migrate', ...db])
      await work.runJson(['insert-schedules', '--years', '1', '--capacity', '1000', ...db])
    })

    afterEach(async () => {
      for (const { child } of workers) child.kill('SIGKILL')
      await Promise.all(workers.map(({ result }) => result))
      await work[Symbol.asyncDispose]()
      await queue.remove()
      await place.remove()
    })

    async function startWorkers(...names: readonly string[]): Promise<RunningCli[]> {
      const started = names.map((name) => work.start(['worker', '--name', name, ...onQueue, ...db]))
      workers.push(...started)
      await Promise.all(started.map((worker) => worker.waitFor(/waits for work/)))
      return started
    }

    const seed = (...flags: readonly string[]) => ['insert-reservations', ...flags, ...onQueue, ...db, '--json']

    it('has the rows of one process, though a worker is killed in the middle of its block', async () => {
      const [doomed] = await startWorkers('doomed', 'second', 'third')
      const args = ['--rows', String(rows), '--keys', 'spread', '--verify']
      const running = work.start(['insert-reservations', ...args, '--workers', '3', ...onQueue, ...db])
      await doomed!.waitFor(/begun/)
      await expect.poll(() => storedBlocks(place.url), { timeout: 30_000, interval: 20 }).toBeGreaterThan(0)
      doomed!.child.kill('SIGKILL')
      const { code, stdout, stderr } = await running.result
      expect({ code, stderr }).toMatchObject({ code: 0 })
      const saved = /^report (.*)$/m.exec(stdout)?.[1] ?? ''
      const report = JSON.parse(await readFile(join(work.folder, saved), 'utf8')) as SeedReport
      expect(report.rows).toBe(rows)
      expect(report.workers?.map(({ name }) => name)).toEqual(expect.arrayContaining(['second', 'third']))
      // What the lost worker had stored, and could not say, is nobody's: a block at the most.
      expect(sumRows(report)).toBeLessThanOrEqual(rows)
      expect(sumRows(report)).toBeGreaterThanOrEqual(rows - 50_000)
      expect(await faults(place.url)).toEqual([])
      // Rows follow from the recipe, on whatever engine.
      await work.runJson(['migrate'])
      await work.runJson(['insert-schedules', '--years', '1', '--capacity', '1000'])
      const alone = await work.runJson<SeedReport>(['insert-reservations', ...args])
      expect(alone.verified).toEqual(report.verified)
    })

    it('is gone on with after Ctrl-C by workers, and after kill -9 without any; they stop soon', async () => {
      const [worker] = await startWorkers('first')
      const flags = ['--workers', '2', '--connections', '2']
      const interrupted = work.start(seed('--rows', String(rows), ...flags))
      await expect.poll(() => storedBlocks(place.url), { timeout: 30_000, interval: 20 }).toBeGreaterThan(0)
      interrupted.child.kill('SIGINT')
      const { code, stdout } = await interrupted.result
      expect(code).toBe(130)
      expect(stdout).toMatch(/rows are stored, and stock is true for them.*--resume/)
      await worker!.waitFor(/ended, [\d,]+ blocks/)
      const before = await storedBlocks(place.url)
      expect(before).toBeLessThan(7)

      // As soon as the worker has begun: a busy machine may look at the table only when all is stored.
      const begun = once(worker!.child.stdout!, 'data')
      const killed = work.start(seed('--resume', ...flags))
      expect(String(await begun)).toContain('begun')
      killed.child.kill('SIGKILL')
      await worker!.waitFor(/left because the coordinator gave no sign of life/)

      const report = await work.runJson<SeedReport>(['insert-reservations', '--resume', '--verify', ...db])
      expect(report.verified?.rows).toBe(rows)
      expect(await faults(place.url)).toEqual([])
    })

    it('says what is wrong with workers, or that there are none, and can be gone on with', async () => {
      const other = await engine.open!()
      await work.runJson(['migrate', '--db', other.url])
      const stray = work.start(['worker', '--name', 'stray', ...onQueue, '--db', other.url])
      workers.push(stray)
      await stray.waitFor(/waits for work/)
      const refused = await work.start(seed('--rows', '1000', '--workers', '1')).result
      expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('worker-other-database')])
      expect(refused.stdout).not.toContain('rushbench:rushbench@')
      stray.child.kill('SIGINT')
      await stray.result

      const bare = work.start(['worker', '--name', 'bare', ...onQueue])
      workers.push(bare)
      await bare.waitFor(/waits for work/)
      const without = await work.start(seed('--resume', '--workers', '1')).result
      expect([without.code, without.stdout]).toEqual([1, expect.stringContaining('worker-without-database')])
      bare.child.kill('SIGINT')
      await bare.result

      const lonely = await work.start(seed('--resume', '--workers', '1', '--worker-wait', '1s')).result
      expect([lonely.code, lonely.stdout]).toEqual([1, expect.stringContaining('workers-missing')])
      await startWorkers('good')
      expect(await work.runJson<SeedReport>(seed('--resume', '--workers', '1').slice(0, -1))).toMatchObject({
        rows: 1000,
        workers: [{ name: 'good', blocks: 1, rows: 1000 }],
      })
      await other.remove()
    })
  })
}

it('workers are refused where they cannot help', async () => {
  await using work = await createSandbox()
  await work.runJson(['migrate'])
  const args = ['insert-reservations', '--rows', '10']
  const queue = ['--queue', 'redis://127.0.0.1:1']
  expect(await work.run([...args, '--workers', '2', ...queue])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('sqlite takes one writer at a time: leave out --workers'),
  })
  expect(await work.run([...args, '--workers', '2'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--workers needs --queue'),
  })
  expect(await work.run([...args, ...queue])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Say by --workers'),
  })
})
