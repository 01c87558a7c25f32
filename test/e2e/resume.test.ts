import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/lib/ports/database.ts'
import { connectDatabase } from '../../src/lib/adapters/databases/registry.ts'
import type { SeedReport } from '../../src/lib/record/record.ts'
import { createRandom } from '../../src/lib/base/random.ts'
import { beginJournal, readJournal } from '../../src/lib/seeding/journal.ts'
import { releaseLease } from '../../src/lib/seeding/lease.ts'
import { resumeSeeding } from '../../src/lib/seeding/seed.ts'
import { planReservations, reservationSeeding } from '../../src/lib/workloads/vaccination/seeding.ts'
import { reservations } from '../../src/lib/workloads/vaccination/tables.ts'
import { testEngines, type TestDatabase } from '../support/database/engines.ts'
import { findViolations } from '../support/ledgers.ts'
import { openSeverableProxy } from '../support/severable-proxy.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'
import { reservationJournal, type SeedJournal } from '../../src/lib/seeding/reservation-journal.ts'

/** A small sample; RUSHBENCH_TEST_KILLS=20 takes some minutes more. */
const kills = Number(process.env['RUSHBENCH_TEST_KILLS'] ?? 6)
/** Some of them come before the first row, some in the middle of a block, some while the last things are done. */
const latestKillMs = 900
/** To be seeded each time, to be verified, and to be cut off; Redis and MongoDB store some 50,000 a second. */
const manyRows = { each: 150_000, verified: 150_000, cutOff: 400_000 }
const fewRows = { each: 60_000, verified: 50_000, cutOff: 100_000 }

/** Seedings, so that each bulk strategy is killed once. */
const ways = [
  ['--keys', 'random', '--order', 'shuffled'],
  ['--keys', 'ascending'],
  ['--keys', 'spread', '--indexes', 'after'],
]

async function isUnfinished(url: string): Promise<boolean> {
  await using database = await connectDatabase(url, { poolSize: 1 })
  return (await readJournal(database, reservationJournal)) !== null
}

async function stockFaults(url: string): Promise<string[]> {
  await using database = await connectDatabase(url, { poolSize: 1 })
  return (await findViolations(database)).map(({ detail }) => detail)
}

async function countRows(url: string): Promise<number> {
  await using database = await connectDatabase(url, { poolSize: 1 })
  return await database.store.count(reservations)
}

/** While a seeding runs, whoever wants to go on with it or to give it up is told of it. */
async function expectAlone(work: CliSandbox, plan: readonly string[], db: readonly string[]): Promise<void> {
  const running = work.start(plan)
  await running.waitFor(/Reservations/)
  const held = /is at work on the seeding of/
  const others = [
    [['--resume'], held],
    [['--abandon'], held],
    [['--rows', '10'], /is at work on the seeding of|A seeding of [\d,]+ rows .* was not finished/],
  ] as const
  const ended = await Promise.all(others.map(([way]) => work.run(['insert-reservations', ...way, ...db])))
  running.child.kill('SIGINT')
  await running.result
  expect(ended).toMatchObject(others.map(([, said]) => ({ code: 1, stderr: expect.stringMatching(said) })))
}

for (const engine of testEngines) {
  const rows = ['mongodb', 'redis'].includes(engine.name) ? fewRows : manyRows
  const slots = ['--capacity', '1000']

  describe.skipIf(engine.open === null)(`a seeding that is cut off, on ${engine.name}`, () => {
    let place: TestDatabase
    let work: CliSandbox
    let db: string[]

    beforeEach(async () => {
      place = await engine.open!()
      work = await createSandbox()
      db = ['--db', place.url]
      await work.runJson(['migrate', ...db])
      await work.runJson(['insert-schedules', '--years', '1', ...slots, ...db])
    })

    afterEach(async () => {
      await work[Symbol.asyncDispose]()
      await place.remove()
    })

    it(`is gone on with to the last row, whenever it is killed (${kills} times)`, { timeout: 300_000 }, async () => {
      const random = createRandom(engine.name)
      const connections = engine.name === 'sqlite' ? [] : ['--connections', '2']
      let seedings = 0
      let killed = 0
      while (killed < kills) {
        const resume = await isUnfinished(place.url)
        if (!resume && (await countRows(place.url)) === seedings * rows.each) seedings++
        const way = resume ? ['--resume'] : ['--rows', String(rows.each), ...(ways[seedings % ways.length] ?? [])]
        const command = work.start(['insert-reservations', ...way, ...connections, ...db])
        const ended = await Promise.race([command.result, sleep(random.integer(150, latestKillMs), null)])
        if (ended) expect(ended).toMatchObject({ code: 0 })
        else if (command.child.kill('SIGKILL')) killed++
        await command.result
      }
      if (await isUnfinished(place.url)) await work.runJson(['insert-reservations', '--resume', ...db])
      const stored = await countRows(place.url)
      // The last one may have been killed before it began.
      expect([seedings * rows.each, (seedings - 1) * rows.each]).toContain(stored)
      expect(await stockFaults(place.url)).toEqual([])
      const { verified } = await work.runJson<SeedReport>(['insert-reservations', '--rows', '1k', '--verify', ...db])
      expect(verified?.rows).toBe(stored + 1000)
    })

    it('holds exactly the rows that the seed makes, however often it is killed', { timeout: 120_000 }, async () => {
      const random = createRandom(`${engine.name} verified`)
      const plan = ['--rows', String(rows.verified), '--keys', 'random', '--order', 'shuffled']
      let args = [...plan]
      for (let attempt = 0; attempt < 4; attempt++) {
        const command = work.start(['insert-reservations', ...args, ...db])
        const ended = await Promise.race([command.result, sleep(random.integer(350, latestKillMs), null)])
        if (ended) {
          expect(ended).toMatchObject({ code: 0 })
          break
        }
        command.child.kill('SIGKILL')
        await command.result
        args = (await isUnfinished(place.url)) ? ['--resume'] : [...plan]
      }
      if ((await isUnfinished(place.url)) || (await countRows(place.url)) === 0) {
        const report = await work.runJson<SeedReport>(['insert-reservations', ...args, '--verify', ...db])
        expect(report.verified?.rows).toBe(rows.verified)
        expect(report.rows + (report.resumedAt ?? 0)).toBe(rows.verified)
      }
      expect(await countRows(place.url)).toBe(rows.verified)
      expect(await stockFaults(place.url)).toEqual([])
    })

    it('says what there is to do, and can be given up', async () => {
      expect(await work.run(['insert-reservations', '--resume', ...db])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('There is no unfinished seeding'),
      })
      // With what is to be seeded it begins where there is nothing to go on with.
      const plan = ['insert-reservations', '--resume', '--rows', '2m', '--order', 'shuffled', ...db]
      const interrupted = work.start(plan)
      await interrupted.waitFor(/Reservations/)
      interrupted.child.kill('SIGINT')
      expect(await interrupted.result).toMatchObject({
        code: 130,
        stderr: expect.stringMatching(/rows are stored, and stock is not set yet\. Go on with --resume/),
      })
      expect(await isUnfinished(place.url)).toBe(true)
      for (const command of [
        ['insert-reservations'],
        ['insert-reservation-bench'],
        ['start', '--port', '0'],
        ['audit'],
      ]) {
        const { code, stderr } = await work.run([...command, ...db])
        expect(code).toBe(1)
        expect(stderr).toContain('A seeding of 2,000,000 rows')
        expect(stderr).toContain('--resume')
      }
      expect(await work.run(['insert-reservations', '--resume', '--rows', '5', ...db])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(
          /seeding by --rows 2000000 --keys ascending --order shuffled .*, and not by --rows 5\. Go on/,
        ),
      })
      // It takes until the lease is renewed; test/integration/seeding/lease.test.ts has all engines.
      if (['sqlite', 'mariadb'].includes(engine.name)) await expectAlone(work, plan, db)
      expect(await work.run(['insert-reservations', '--abandon', ...db])).toMatchObject({ code: 0 })
      expect(await stockFaults(place.url)).toEqual([])
      const before = await countRows(place.url)
      expect(await work.runJson(['insert-reservations', '--rows', '10', ...db])).toMatchObject({ rows: 10 })
      expect(await countRows(place.url)).toBe(before + 10)
    })
  })

  if (engine.name === 'sqlite') continue

  describe.skipIf(engine.open === null)(`a server that goes away, ${engine.name}`, () => {
    it('ends the seeding with a sentence; it is gone on with when the server is back', async () => {
      await using work = await createSandbox()
      const place = await engine.open!()
      await using proxy = await openSeverableProxy(place.url)
      const direct = ['--db', place.url]
      await work.runJson(['migrate', ...direct])
      await work.runJson(['insert-schedules', '--years', '1', ...slots, ...direct])
      // Else a client of a replica set goes where its members say they are, past the proxy.
      const through = engine.name === 'mongodb' ? `${proxy.url}?directConnection=true` : proxy.url
      const seeding = work.start(['insert-reservations', '--rows', String(rows.cutOff), '--db', through])
      while (!(await isUnfinished(place.url))) await sleep(20)
      await sleep(300)
      proxy.cut()
      const { code, stderr } = await seeding.result
      expect(code).toBe(1)
      expect(stderr).toMatch(/was lost|Cannot reach/)
      expect(stderr).not.toMatch(/\n {4}at /)
      const stored = await countRows(place.url)
      expect(stored).toBeLessThan(rows.cutOff)
      const { resumedAt } = await work.runJson<SeedReport>(['insert-reservations', '--resume', ...direct])
      expect(resumedAt).toBeLessThanOrEqual(stored)
      expect(await countRows(place.url)).toBe(rows.cutOff)
      expect(await stockFaults(place.url)).toEqual([])
      await place.remove()
    })
  })
}

describe('a journal of which a part is gone', () => {
  it('is said by every command in the same sentence, whose remedy works', async () => {
    await using work = await createSandbox()
    await work.runJson(['migrate'])
    await work.runJson(['insert-schedules'])
    const seeding = work.start(['insert-reservations', '--rows', '1500k'])
    await seeding.waitFor(/Reservations/)
    seeding.child.kill('SIGINT')
    expect(await seeding.result).toMatchObject({ code: 130 })
    const url = `sqlite:${work.folder}/.rushbench/rushbench.db`
    await using database = await connectDatabase(url, { poolSize: 1 })
    await database.dropTables([reservationJournal.storedBlocks])
    const commands = [
      ['insert-reservations', '--rows', '10', '--resume'],
      ['insert-reservations', '--resume'],
      ['insert-reservation-bench'],
    ]
    for (const command of commands) {
      expect(await work.run(command)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/journal of an unfinished seeding .* is not whole.* --abandon"/),
      })
    }
    expect(await work.run(['insert-reservations', '--abandon'])).toMatchObject({ code: 0 })
    expect(await stockFaults(url)).toEqual([])
    expect(await work.runJson(['insert-reservations', '--rows', '10'])).toMatchObject({ rows: 10 })
  })
})

describe('--resume', () => {
  const choices = { seed: 'seed', keys: 'random', order: 'grouped', indexes: 'before' } as const
  const whole = { connections: 1, onProgress: () => {}, signal: new AbortController().signal }

  /** Tables with some rows, and the journal of a seeding of more, which this process holds. */
  async function begin(work: CliSandbox): Promise<{ database: Database; journal: SeedJournal }> {
    await work.runJson(['migrate'])
    await work.runJson(['insert-schedules', '--years', '1'])
    await work.runJson(['insert-reservations', '--rows', '500'])
    const database = await connectDatabase(`sqlite:${work.folder}/.rushbench/rushbench.db`, { poolSize: 1 })
    const journal = await beginJournal(
      database,
      reservationJournal,
      await planReservations(database, { rows: 1000 }, choices),
      null,
    )
    return { database, journal }
  }

  it('says so where another process was faster to the end, and asks for nothing more', async () => {
    await using work = await createSandbox()
    const { database, journal } = await begin(work)
    await using _ = database
    const waiting = work.start(['insert-reservations', '--resume', '--rows', '1000'])
    await waiting.waitFor(/waiting for a sign of life/)
    await resumeSeeding(database, reservationSeeding, journal, whole)
    expect(await waiting.result).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('finished meanwhile by another process: all of its 1,000 rows are stored'),
    })
    expect(await database.store.count(reservations)).toBe(1500)
  })

  it('stores nothing where --verify could not be kept in the end', async () => {
    await using work = await createSandbox()
    const { database } = await begin(work)
    await using _ = database
    await releaseLease(database)
    expect(await work.run(['insert-reservations', '--resume', '--verify'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('begun without --verify'),
    })
    expect(await database.store.count(reservations)).toBe(500)
    await work.runJson(['insert-reservations', '--resume'])
    expect(await database.store.count(reservations)).toBe(1500)
  })
})

describe('--verify', () => {
  it('is made at any time later, and says what it cannot tell', async () => {
    await using work = await createSandbox()
    const run = (...args: string[]) => work.run(args)
    await run('migrate')
    await run('insert-schedules', '--years', '1')
    expect(await run('insert-reservations', '--verify')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('do not say how'),
    })
    await run('insert-reservations', '--rows', '2k', '--keys', 'random')
    await run('insert-reservations', '--rows', '1k', '--order', 'shuffled')
    const verify = ['insert-reservations', '--verify'] as const
    expect(await run(...verify)).toMatchObject({ code: 0, stdout: expect.stringContaining('3,000 rows are as they') })
    await run('insert-reservation-bench', '--inserts', '5', '--warmup', '0')
    expect(await run(...verify)).toMatchObject({ code: 1, stderr: expect.stringContaining('3,006 rows, and 3,000') })
    await using database = await connectDatabase(`sqlite:${work.folder}/.rushbench/rushbench.db`, { poolSize: 1 })
    const [first] = await database.store.find(reservations, {}, { limit: 1 })
    await database.store.remove(reservations, { id: { gt: '' } })
    await database.store.insert(reservations, [first!])
    expect(await run(...verify)).toMatchObject({ code: 4 })
  })

  it('is ended by Ctrl-C, after which the rows and their report are there', async () => {
    await using work = await createSandbox()
    await work.runJson(['migrate'])
    await work.runJson(['insert-schedules'])
    const seeding = work.start(['insert-reservations', '--rows', '1500k', '--verify'])
    await seeding.waitFor(/Reading: /)
    seeding.child.kill('SIGINT')
    const { code, stdout, stderr } = await seeding.result
    expect({ code, stdout }).toEqual({ code: 130, stdout: expect.stringContaining('report ') })
    expect(stderr).toContain('The check was not made to its end. The rows are stored')
  })
})
