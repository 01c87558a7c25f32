import { randomUUID } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { DatabaseSync } from 'node:sqlite'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'
import type { AuditReport } from '../../src/lib/record/record.ts'
import { testEngines } from '../support/database/engines.ts'
import { startServer } from '../support/http/local-server.ts'
import { createSandbox } from '../support/cli/sandbox.ts'

/** Keys that are padded, resources with a scale and ids in another case than the API's. */
const schemaFor = (uuid: string) => [
  'create table show (id numeric(12, 2) primary key, places integer not null)',
  `create table booking (no ${uuid} primary key, reference char(40) unique, show numeric(12, 2), state char(10))`,
  'insert into show values (7, 1000000), (8, 1000000)',
]

interface Bookings {
  /** False where the reference is booked already. */
  add(id: string, reference: string, show: number): Promise<boolean>
  close(): Promise<void>
}

function openSqlite(url: string): Bookings {
  const database = new DatabaseSync(url.slice('sqlite:'.length))
  // What a crash may undo is not looked at.
  for (const sql of ['pragma synchronous = off', ...schemaFor('text collate nocase')]) database.exec(sql)
  const insert = database.prepare(`insert into booking values (?, ?, ?, 'paid') on conflict do nothing`)
  return {
    add: async (id, reference, show) => insert.run(id, reference, show).changes === 1,
    close: async () => database.close(),
  }
}

async function openPostgres(url: string): Promise<Bookings> {
  const pool = new Pool({ connectionString: url })
  for (const sql of schemaFor('uuid')) await pool.query(sql)
  const sql = `insert into booking values ($1, $2, $3, 'paid') on conflict do nothing`
  return {
    add: async (id, reference, show) => (await pool.query(sql, [id, reference, show])).rowCount === 1,
    close: () => pool.end(),
  }
}

/** An API that, of five attempts, stores one that it refuses, refuses one rightly, and breaks off one response. */
async function startLyingApi(bookings: Bookings): Promise<{ origin: string; lies: string[]; unanswered: string[] }> {
  const lies: string[] = []
  const unanswered: string[] = []
  let attempts = 0
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    if (request.method === 'GET') return response.end()
    const { reference, show } = (await json(request)) as { reference: string; show: number }
    const id = randomUUID()
    const way = reference.endsWith('again') ? 0 : attempts++ % 5
    if (way === 4) return response.writeHead(409).end()
    if (!(await bookings.add(id, reference.replace(/ again$/, ''), show))) return response.writeHead(409).end()
    if (way === 2) {
      unanswered.push(reference)
      return request.socket.destroy()
    }
    if (way === 3) {
      lies.push(reference)
      return response.writeHead(409).end()
    }
    return response.writeHead(201).end(JSON.stringify({ id: id.toUpperCase() }))
  }
  return { origin: await startServer(answer), lies, unanswered }
}

/** Asks for a place, and once more under the same key whenever it was told that it has one, or nothing. */
const scenario = `let attempts = 0
async function book(user, key, show, again) {
  const body = { reference: again ? key + ' again' : key, show }
  const answer = await user.request({ step: 'book', method: 'POST', path: '/book', body, expected: 409, wantBody: true })
  const outcome = user.outcomeOf(answer)
  const id = outcome === 'booked' ? { id: answer.json().id } : {}
  await user.ledger.record({ key, resource: show, outcome, ...id })
  return outcome
}
export default {
  name: 'book',
  think: 5,
  async run(user) {
    const [key, show] = [\`\${user.runId}-\${user.id}-\${attempts++}\`, user.random.pick([7, 8])]
    const outcome = await book(user, key, show, false)
    if (outcome !== 'conflict') await book(user, key, show, true)
  },
}`

const mapping = {
  bookings: {
    table: 'booking',
    id: 'no',
    key: 'reference',
    resource: 'show',
    status: { column: 'state', booked: ['paid'] },
  },
  resources: { table: 'show', id: 'id', capacity: 'places' },
}

for (const { name, open } of testEngines.filter((engine) => ['sqlite', 'postgres'].includes(engine.name))) {
  describe.skipIf(open === null)(`an API that stores what it refuses, on ${name}`, () => {
    it('is found out, in every form, and every lie is named; nobody else is blamed', async () => {
      const place = await open!()
      await using work = await createSandbox()
      const bookings = name === 'sqlite' ? openSqlite(place.url) : await openPostgres(place.url)
      const api = await startLyingApi(bookings)
      try {
        await writeFile(join(work.folder, '.rushbenchrc.json'), JSON.stringify({ audit: mapping }))
        await writeFile(join(work.folder, 'book.mjs'), scenario)
        const db = ['--db', place.url]
        const args = `--users 5 --duration 1s --ledger lies.jsonl --report junit,markdown,html`.split(' ')
        const loaded = await work.run(['load', '--scenario', 'book.mjs', '--target', api.origin, ...args, ...db])
        const lies = api.lies.length
        if (lies < 3) expect.fail(loaded.stdout + loaded.stderr)
        expect(loaded.stdout).toMatch(
          new RegExp(`bookings acknowledged: 0 lost, 0 doubled, 0 oversold, ${lies} stored though refused`),
        )
        expect(loaded.stdout).toMatch(
          /refused-committed: \S+, stored as \S+ for [78](\.00)?, though the API refused it/,
        )
        expect(loaded.code).toBe(4)
        const folder = join(work.folder, 'reports')
        for (const file of await readdir(folder)) {
          if (!/\.(xml|md|html)$/.test(file)) continue
          const text = await readFile(join(folder, file), 'utf8')
          expect(text).toContain(file.endsWith('.xml') ? `${lies} refused-committed` : `${lies} stored though refused`)
          expect(text).toContain('though the API refused it')
        }
        const audited = await work.run(['audit', '--ledger', 'lies.jsonl', '--json', ...db])
        expect(audited.code).toBe(4)
        const { audit, ledgers } = JSON.parse(audited.stdout) as AuditReport
        expect(audit).toMatchObject({
          lost: 0,
          duplicate: 0,
          oversold: 0,
          refusedCommitted: lies,
          unknownCommitted: api.unanswered.length,
        })
        const named = audit.violations.filter(({ kind }) => kind === 'refused-committed').map(({ key }) => key)
        expect(named.toSorted()).toEqual(api.lies.toSorted())
        expect(ledgers).toMatchObject([{ conflict: audit.refused }])
      } finally {
        await bookings.close()
        await place.remove()
      }
    })
  })
}
