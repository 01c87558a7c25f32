import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrateUp } from '../../../src/lib/adapters/databases/migrate.ts'
import { connectDatabase } from '../../../src/lib/adapters/databases/registry.ts'
import { auditLedgers } from '../../../src/lib/app/audit.ts'
import { benchInserts } from '../../../src/lib/app/insert-bench.ts'
import { insertSchedules } from '../../../src/lib/app/insert-schedules.ts'
import { migrateTables } from '../../../src/lib/app/migrate.ts'
import { publishAndFollow } from '../../../src/lib/app/publish.ts'
import { abandonReservations, seedReservations } from '../../../src/lib/app/seed.ts'
import { serve } from '../../../src/lib/app/server/serve.ts'
import { loadWorkload } from '../../../src/lib/workloads/registry.ts'
import { testEngines } from '../../support/database/engines.ts'
import { configOf, createTestContext } from '../../support/run-context.ts'

const postgres = testEngines.find(({ name }) => name === 'postgres')!.open

let folder: string
let db: string
let reports: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushbench-use-cases-'))
  db = `sqlite:${join(folder, 'rushbench.db')}`
  reports = join(folder, 'reports')
})
afterEach(() => rm(folder, { recursive: true }))

/** Creates the tables of a workload, and a calendar of one slot a day for a year where it has one. */
async function migrate(name: string): Promise<void> {
  const { tables, seed } = await loadWorkload(name)
  await using database = await connectDatabase(db, { poolSize: 1 })
  await migrateUp(database, name, tables)
  const { values } = await configOf({ years: '1', from: '2027-01-01', opens: '8:00', closes: '8:00', capacity: '1000' })
  for await (const _ of seed?.(database, values, new AbortController().signal) ?? []) continue
}

async function savedReports(): Promise<unknown[]> {
  const files = (await readdir(reports)).filter((name) => name.endsWith('.json'))
  return Promise.all(files.map(async (name) => JSON.parse(await readFile(join(reports, name), 'utf8')) as unknown))
}

describe('migrateTables', () => {
  it('creates the tables, says how they are, and drops them', async () => {
    const context = createTestContext()
    const { values } = await configOf({ db })
    const states = async (request: { down: boolean; status: boolean }) => {
      const { changed, tables } = await migrateTables(context, values, { ...request, fill: false })
      return { changed: changed.length, states: [...new Set(tables.map(({ state }) => state))] }
    }
    expect(await states({ down: false, status: true })).toEqual({ changed: 0, states: ['missing'] })
    expect(await states({ down: false, status: false })).toEqual({ changed: 2, states: ['present'] })
    expect(context.logged.at(-1)).toMatch(/reservations +created/)
    expect(await states({ down: false, status: true })).toEqual({ changed: 0, states: ['present'] })
    expect(await states({ down: true, status: false })).toEqual({ changed: 2, states: ['missing'] })
    expect(context.logged.at(-1)).toMatch(/reservations +dropped/)
  })

  it.each([
    ['vaccination', { years: '1', from: '2027-01-01', opens: '8:00', closes: '8:00' }, '365 slots'],
    ['orders', { orders: '20' }, '20 orders'],
    ['tickets', {}, '0 receipts'],
  ])('fills the tables of %s once', async (workload, settings, said) => {
    const context = createTestContext()
    const { values } = await configOf({ db: `${db}-${workload}`, workload, ...settings })
    const fill = async () => (await migrateTables(context, values, { down: false, status: false, fill: true })).filled
    const rows = Number.parseInt(said, 10)
    expect(await fill()).toEqual({ rows, added: rows })
    expect(context.logged.at(-1)).toBe(`${said} in place, ${rows} of them new.`)
    expect(await fill()).toEqual({ rows, added: 0 })
  })

  it('is interrupted by the signal while it fills them', async () => {
    const { values } = await configOf({ db: `${db}-stopped`, workload: 'orders', orders: '5000' })
    const request = { down: false, status: false, fill: true }
    await migrateTables(createTestContext(), { ...values, orders: 1 }, request)
    const stop = new AbortController()
    const context = createTestContext(stop.signal)
    const { track } = context.progress
    // Stops at the first rows.
    context.progress.track = (title, unit, step) =>
      track(title, unit, (onProgress) =>
        step((progress) => {
          onProgress(progress)
          stop.abort()
        }),
      )
    await expect(migrateTables(context, values, request)).rejects.toMatchObject({ code: 'interrupted' })
  })
})

describe('insertSchedules', () => {
  const calendar = { years: '1', from: '2027-01-01', opens: '8:00', closes: '8:00' }

  it('fills the calendar, and raises places only where that is asked for', async () => {
    await migrate('vaccination')
    const context = createTestContext()
    const fill = async (more: object) => insertSchedules(context, await configOf({ db, ...calendar, ...more }))
    expect(await fill({})).toEqual({ slots: 365, added: 0, raised: 0 })
    expect(await fill({ capacity: '1001' })).toEqual({ slots: 365, added: 0, raised: 365 })
    expect(context.logged.at(-1)).toBe('365 slots in place, 0 of them new. 365 that were there have more places now.')
    expect(context.tracked).toEqual(['Slots', 'Slots'])
  })

  it('is interrupted by the signal, and refuses hours that end before they begin', async () => {
    await migrate('vaccination')
    const stopped = createTestContext(AbortSignal.abort())
    await expect(insertSchedules(stopped, await configOf({ db }))).rejects.toMatchObject({ code: 'interrupted' })
    const wrong = insertSchedules(createTestContext(), await configOf({ db, closes: '7:00' }))
    await expect(wrong).rejects.toMatchObject({ code: 'usage-wrong' })
  })
})

describe('seedReservations', () => {
  beforeEach(() => migrate('vaccination'))

  it('stores rows, saves a report, and verifies them later', async () => {
    const context = createTestContext()
    const config = await configOf({ db, reports, rows: '1000' })
    const report = await seedReservations(context, config, { resume: false, verify: true })
    expect(report).toMatchObject({ kind: 'seed', rows: 1000, verified: { rows: 1000 } })
    expect(await savedReports()).toMatchObject([{ kind: 'seed', rows: 1000 }])
    expect(context.tracked).toEqual(['Reservations', 'Expected', 'Reading'])
    const later = await seedReservations(context, await configOf({ db, reports }), { resume: false, verify: true })
    expect(later).toMatchObject({ verified: { rows: 1000 } })
    expect(context.logged.at(-1)).toMatch(/^1,000 rows are as they were seeded, checksum /)
  })

  it('is interrupted by the signal, and its rest forgotten on demand', async () => {
    const stop = new AbortController()
    const stopped = createTestContext(stop.signal)
    const config = await configOf({ db, reports, rows: '100000' })
    const seeding = seedReservations(
      {
        ...stopped,
        progress: { ...stopped.progress, track: (_title, _unit, step) => step(({ done }) => done > 0 && stop.abort()) },
      },
      config,
      { resume: false, verify: false },
    )
    await expect(seeding).rejects.toMatchObject({ code: 'interrupted' })
    const context = createTestContext()
    expect(await abandonReservations(context, config.values)).toEqual({ abandoned: true })
    expect(context.logged).toEqual([expect.stringMatching(/^The unfinished seeding is forgotten/)])
  })

  it('refuses more writers than the engine takes', async () => {
    const seeding = seedReservations(createTestContext(), await configOf({ db, reports, connections: '2' }), {
      resume: false,
      verify: false,
    })
    await expect(seeding).rejects.toMatchObject({ code: 'usage-wrong' })
  })
})

describe('benchInserts', () => {
  it('measures a table as it grows, and saves one report', async () => {
    await migrate('vaccination')
    const config = await configOf({ db, reports, at: '0,1000', inserts: '50', warmup: '0' })
    const options = { stream: false, resume: false, besideOriginal: false, columns: undefined }
    const report = await benchInserts(createTestContext(), config, options)
    expect(report.checkpoints.map(({ inserts }) => inserts)).toEqual([50, 50])
    expect(report).toMatchObject({ interrupted: false, missing: [] })
    expect(await savedReports()).toMatchObject([{ id: report.id }])
    await expect(benchInserts(createTestContext(), config, { ...options, resume: true })).rejects.toMatchObject({
      code: 'sweep-none',
    })
  })
})

describe('auditLedgers', () => {
  const options = { ledgers: [], targets: [], maxViolations: 20 }

  it('finds nothing wrong with a fresh calendar', async () => {
    await migrate('vaccination')
    const context = createTestContext()
    const report = await auditLedgers(context, await configOf({ db, reports }), options)
    expect(report.audit).toMatchObject({ passed: true })
    expect(await savedReports()).toMatchObject([{ kind: 'audit' }])
    expect(context.logged).toHaveLength(2)
  })

  it('says that it was stopped', async () => {
    await migrate('vaccination')
    const stopped = createTestContext(AbortSignal.abort())
    await expect(auditLedgers(stopped, await configOf({ db, reports }), options)).rejects.toMatchObject({
      code: 'interrupted',
    })
  })
})

describe('publishAndFollow', () => {
  it('publishes to a broker and keeps a ledger', async () => {
    const { values } = await configOf({
      broker: `sqlite:${join(folder, 'broker.db')}`,
      reports,
      messages: '20',
      interval: '0ms',
    })
    const result = await publishAndFollow(createTestContext(), values, { targets: [], ledger: undefined })
    expect(result.orders + result.invalid).toBe(20)
    const lines = (await readFile(result.ledger, 'utf8')).trim().split('\n')
    expect(lines).toHaveLength(1 + 20)
  })
})

describe('serve', () => {
  // Tests run in a process that another started, which `serve` would take for the one to answer to.
  const { send } = process
  beforeEach(() => void delete process.send)
  afterEach(() => void Object.assign(process, { send }))

  it('names the command that makes the tables and fills them, and serves until it is stopped', async () => {
    const { values } = await configOf({ db, workload: 'orders', broker: `${db}-broker`, port: '0' })
    const command = `"rushbench migrate --fill --workload orders --db ${db}"`
    await expect(serve(createTestContext(), values)).rejects.toMatchObject({
      code: 'tables-missing',
      message: expect.stringContaining(`Run ${command} first`),
    })
    const stop = new AbortController()
    const context = createTestContext(stop.signal)
    await migrateTables(context, values, { down: false, status: false, fill: false })
    const listening = Promise.withResolvers<string>()
    const noted = Promise.withResolvers<string>()
    const serving = serve({ ...context, log: listening.resolve, note: noted.resolve }, values)
    const [, origin = ''] = /^Listening on (\S+) /.exec(await listening.promise) ?? []
    expect((await fetch(`${origin}/healthz`)).status).toBe(200)
    expect(await noted.promise).toBe(`There are no orders yet: ${command} adds them.`)
    stop.abort()
    expect(await serving).toEqual({ origin, origins: [origin] })
    await expect(fetch(`${origin}/healthz`)).rejects.toThrow('fetch failed')
  })

  it.skipIf(!postgres)('names the step that tables of before still lack', async () => {
    const place = await postgres!()
    const admin = new Client({ connectionString: place.url })
    await admin.connect()
    await admin.query(await readFile('test/support/orders/postgres-0.1.0.sql', 'utf8'))
    await admin.query(`insert into orders values ('one', '{}')`)
    await admin.end()
    const { values } = await configOf({ db: place.url, workload: 'orders', broker: `${db}-broker`, port: '0' })
    const notesOf = async (count: number) => {
      const stop = new AbortController()
      const context = createTestContext(stop.signal)
      const listening = Promise.withResolvers<string>()
      const serving = serve({ ...context, log: listening.resolve }, values)
      await listening.promise
      await expect.poll(() => context.notes.length).toBe(count)
      // Long enough for one too many.
      await setTimeout(200)
      stop.abort()
      await serving
      return context.notes
    }
    const named = expect.stringMatching(
      /^Step 2 of the tables \(tell replicas of orders that are removed\) is not applied yet: "rushbench migrate --workload orders --db /,
    )
    expect(await notesOf(1)).toEqual([named])
    await migrateTables(createTestContext(), values, { down: false, status: false, fill: false })
    expect(await notesOf(0)).toEqual([])
    await place.remove()
  })
})
