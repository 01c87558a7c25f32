import { execFile as execFileWithCallback } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectDatabase } from '../../src/lib/adapters/databases/registry.ts'
import { formatHead } from '../../src/lib/load/ledger/ledger-format.ts'
import type { LedgerEntry } from '../../src/lib/ports/scenario.ts'
import type { AuditReport } from '../../src/lib/record/record.ts'
import { reservations, schedules } from '../../src/lib/workloads/vaccination/tables.ts'
import { testEngines, type TestDatabase } from '../support/database/engines.ts'
import { createSandbox, type RunningCli, type CliSandbox } from '../support/cli/sandbox.ts'

const execFile = promisify(execFileWithCallback)

/** A scenario whose users book one of `slots` after the other, without looking at the calendar. */
function bookScenario(slots: readonly number[]): string {
  return `export default {
    name: 'book',
    think: 50,
    prepare: () => ({ bookings: 0 }),
    async run(user, state) {
      const [key, slot] = [\`\${user.runId}-\${user.id}-\${++state.bookings}\`, user.random.pick(${JSON.stringify(slots)})]
      const body = { ticket_id: key, schedule_id: slot }
      const answer = await user.request({ step: 'book', method: 'POST', path: '/reservations', body, wantBody: true })
      const outcome = user.outcomeOf(answer)
      const id = outcome === 'booked' ? { id: answer.json().id } : {}
      await user.ledger.record({ key, resource: slot, outcome, ...id })
    },
  }`
}

/** Makes the tables, and an API in front of them; writes a scenario for it. */
async function startBooking(work: CliSandbox, url: string): Promise<{ api: RunningCli; load: string[] }> {
  const db = ['--db', url]
  await work.runJson(['migrate', ...db])
  await work.runJson(['insert-schedules', '--years', '1', ...db])
  const api = work.start(['start', '--port', '0', ...db])
  const [, origin] = await api.waitFor(/Listening on (\S+)/)
  await using database = await connectDatabase(url, { poolSize: 1 })
  const slots = await database.store.find(schedules, {}, { limit: 20 })
  await writeFile(join(work.folder, 'book.mjs'), bookScenario(slots.map(({ id }) => id)))
  return { api, load: ['load', '--scenario', 'book.mjs', '--target', origin!, '--users', '20', ...db] }
}

// FerretDB reads a whole collection for many a question, so that it would take four times as long as the others.
for (const engine of testEngines.filter(({ name }) => name !== 'mongodb')) {
  describe.skipIf(engine.open === null)(`a load that was killed, and its audit, on ${engine.name}`, () => {
    let place: TestDatabase
    let work: CliSandbox
    let api: RunningCli
    let load: string[]
    let db: string[]
    let bookings: (LedgerEntry & { readonly id: string })[]

    const ledger = 'killed.jsonl'
    const audit = () => work.run(['audit', '--ledger', ledger, ...db])

    beforeAll(async () => {
      place = await engine.open!()
      work = await createSandbox()
      db = ['--db', place.url]
      ;({ api, load } = await startBooking(work, place.url))
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
      const killed = work.start([...load, '--duration', '60s', '--ledger', ledger])
      await expect.poll(async () => (await readLines()).length, { timeout: 60_000 }).toBeGreaterThan(100)
      killed.child.kill('SIGKILL')
      await killed.result
      bookings = (await readLines()).slice(1).map((line) => JSON.parse(line) as (typeof bookings)[number])
      const { code, stdout } = await audit()
      expect(stdout).toContain(`audit ok   ${bookings.length} bookings acknowledged: 0 lost, 0 doubled, 0 oversold`)
      expect(stdout).toContain(`ledger     ${ledger}: ${bookings.length} booked, 0 unknown, 0 failed`)
      expect(code).toBe(0)
    })

    it('says exactly which booking was lost, doubled, and which slot has a wrong stock', async () => {
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
      expect(stdout).toContain(`AUDIT      ${bookings.length} bookings acknowledged: 1 lost, 1 doubled, 1 oversold`)
      expect(stdout).toContain(`lost: ${lost.key}, acknowledged as ${lost.id} for ${lost.resource}, not in the table`)
      expect(stdout).toContain(
        `duplicate: ${doubled.key}, acknowledged as ${doubled.id} for ${slot}, 2 times in the table: also as ${copy} for ${slot}`,
      )
      expect(stdout).toMatch(
        new RegExp(`wrong-stock: schedules ${slot}, (\\d+) reservations for 300 places, stock says \\d+`),
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
      expect(report.ledgers).toMatchObject([{ file: other, workload: 'book', booked: 0, unknown: 1, torn: true }])
      expect(code, 'the stock is still wrong').toBe(4)
      const saved = (await readdir(join(work.folder, 'reports'))).filter((name) => name.endsWith('-audit.json'))
      expect(saved.length).toBeGreaterThan(0)
    })
  })
}

describe('a ledger that cannot be written', () => {
  it('ends the load with an error, and without an audit', async () => {
    await using work = await createSandbox()
    const { api, load } = await startBooking(work, `sqlite:${join(work.folder, 'test.db')}`)
    const entryPoint = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
    // 5 kB are the most that any file of this process may have: enough for what its folder is tried with.
    const limited = ['-c', 'ulimit -f 5; exec "$0" "$@"', process.execPath, entryPoint, ...load, '--duration', '60s']
    const { stdout, stderr } = await execFile('bash', limited, { cwd: work.folder }).then(
      () => expect.fail('it went on'),
      (error: { readonly code: number; readonly stdout: string; readonly stderr: string }) => {
        expect(error.code).toBe(1)
        return error
      },
    )
    expect(stderr).toMatch(/The ledger reports\/\S+\.ledger\.jsonl cannot be written: EFBIG/)
    expect(stdout).not.toContain('audit ok')
    api.child.kill('SIGTERM')
    await api.result
  })
})

/** A shop with one product, of which there is one. It sells it to everybody, and forgets the first order. */
async function startCarelessShop(database: DatabaseSync): Promise<Server & { readonly origin: string }> {
  database.exec('create table product (id integer primary key, "limit" integer); insert into product values (1, 1)')
  database.exec('create table "order" (reference text primary key, product integer, state text)')
  const store = database.prepare('insert into "order" values (?, 1, ?)')
  let orders = 0
  const server = createServer((request, response) => {
    if (request.method === 'GET') return response.end('[{"id":1,"stock":1}]')
    if (orders++ > 0) store.run(request.url!.slice('/orders/'.length), 'paid')
    return response.writeHead(201).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(server, { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

describe("the audit of somebody else's API", () => {
  const shopScenarios = fileURLToPath(new URL('../../fixtures/scenarios/shop.ts', import.meta.url))
  const bookings = { table: 'order', id: 'reference', key: 'reference', resource: 'product' }
  const status = { column: 'state', booked: ['paid'] }
  const resources = { table: 'product', capacity: 'limit' }

  let work: CliSandbox
  let database: DatabaseSync
  let shop: Awaited<ReturnType<typeof startCarelessShop>>
  let load: string[]
  const configure = (audit: object) => writeFile(join(work.folder, '.rushbenchrc.json'), JSON.stringify({ audit }))

  beforeAll(async () => {
    work = await createSandbox()
    database = new DatabaseSync(join(work.folder, 'shop.db'))
    shop = await startCarelessShop(database)
    load = ['load', '--scenario', shopScenarios, '--target', shop.origin, '--duration', '2s', '--db', 'sqlite:shop.db']
  })

  afterAll(async () => {
    shop.closeAllConnections()
    shop.close()
    database.close()
    await work[Symbol.asyncDispose]()
  })

  it('finds in tables that the config file names what was lost and oversold, during the load and after it', async () => {
    await configure({ bookings: { ...bookings, status }, resources })
    const loaded = await work.run([...load, '--users', '10', '--ledger', 'shop.jsonl'])
    const [, sold] =
      /1 lost, 0 doubled, 1 oversold or with a wrong stock\n\s+lost: \S+, acknowledged for 1, not in the table\n\s+oversold: product 1, (\d+) order for 1 places$/m.exec(
        loaded.stdout,
      ) ?? expect.fail(loaded.stdout + loaded.stderr)
    expect(database.prepare('select count(*) as rows from "order"').get()).toEqual({ rows: Number(sold) })
    expect(loaded.code).toBe(4)
    const { code, stdout } = await work.run(['audit', '--ledger', 'shop.jsonl', '--db', 'sqlite:shop.db'])
    expect(stdout).toContain(`AUDIT      ${Number(sold) + 1} bookings acknowledged: 1 lost, 0 doubled, 1 oversold`)
    expect(code).toBe(4)
  })

  it('is refused before the load where the tables are not as the config file says', async () => {
    await configure({ bookings: { ...bookings, table: 'orders' } })
    const stderr = expect.stringContaining('does not fit sqlite:shop.db: no such table: orders')
    expect(await work.run(load)).toEqual({ code: 1, stdout: '', stderr })
  })
})

describe('rushbench audit', () => {
  it('refuses what it cannot audit', async () => {
    await using work = await createSandbox()
    expect(await work.run(['audit'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('with the setting audit'),
    })
    await work.runJson(['migrate'])
    expect(await work.runJson(['audit'])).toMatchObject({ kind: 'audit', audit: { passed: true }, ledgers: [] })
    await writeFile(join(work.folder, 'broken'), 'no ledger\n')
    const broken = await work.run(['audit', '--ledger', 'broken'])
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining('Line 1 of broken is not a ledger') })
    const head = { run: 'r1', target: 'http://127.0.0.1:1', startedAt: '2026-11-21T00:00:00.000Z' }
    await writeFile(join(work.folder, 'tickets'), formatHead({ ...head, workload: 'tickets' }))
    expect(await work.run(['audit', '--ledger', 'tickets'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('add --workload tickets'),
    })
    await writeFile(join(work.folder, 'mine'), formatHead({ ...head, workload: 'my own scenario' }))
    expect(await work.run(['audit', '--ledger', 'mine'])).toMatchObject({ code: 0 })
  })
})
