import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { serveTickets } from '../../../../src/lib/workloads/tickets/api.ts'
import { tickets } from '../../../../src/lib/workloads/tickets/index.ts'
import { formatReceipt } from '../../../../src/lib/workloads/tickets/receipt.ts'
import { orders, rejected } from '../../../../src/lib/workloads/tickets/tables.ts'
import type { RunningServer } from '../../../../src/lib/ports/workload.ts'
import { noBroker, noPubSub } from '../../../support/ledgers.ts'
import { openRaw } from '../../../support/http/raw-client.ts'
import { testEngines, type TestDatabase } from '../../../support/database/engines.ts'

let place: TestDatabase
let database: Database
let server: RunningServer
const errors: Error[] = []

beforeAll(async () => {
  place = await testEngines[0]!.open!()
  database = await connectDatabase(place.url, { poolSize: 2 })
  await migrateUp(database, tickets.name, tickets.tables)
  const onError = (error: Error) => void errors.push(error)
  const none = () => Promise.reject(new Error('no cache here'))
  const parts = { openCache: none, openBroker: noBroker, openPubSub: noPubSub, host: '127.0.0.1', port: 0, onError }
  server = await serveTickets({ ...parts, database })
})
afterAll(async () => {
  await server.close()
  await database[Symbol.asyncDispose]()
  await place.remove()
})

async function send(body: string) {
  const response = await fetch(`${server.origin}/ticket`, { method: 'POST', body })
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() }
}

function receipt(id: number, cents = 845): string {
  const lines = [{ product: 'Formaggio', productId: 'aut6v9', priceCents: cents }]
  return formatReceipt({ id: String(id), vatCents: 310, totalCents: 1690, lines })
}

it('keeps a thousand broken receipts of a caller at once, then says when to come again, and takes good ones always', async () => {
  const answers: Awaited<ReturnType<typeof send>>[] = []
  for (let sent = 0; sent < 1200; sent += 100) {
    answers.push(...(await Promise.all(Array.from({ length: 100 }, (_, n) => send(`broken ${sent + n}`)))))
  }
  const kept = answers.filter(({ status }) => status === 202)
  const refused = answers.filter(({ status }) => status === 429)
  expect(kept.length + refused.length).toBe(1200)
  expect(kept.length).toBeGreaterThanOrEqual(1000)
  // One a second while it went on.
  expect(kept.length).toBeLessThan(1060)
  expect(await database.store.count(rejected)).toBe(kept.length)
  for (const { retryAfter, body } of refused) {
    expect(retryAfter).toMatch(/^[1-9]\d?$/)
    expect(body).toEqual({ error: 'too-many-requests', message: expect.any(String) })
  }
  // What is kept already takes no more room.
  expect((await send('broken 0')).status).toBe(202)
  // Each good one permits another, also where that takes a number that is taken.
  expect((await send(receipt(1))).status).toBe(201)
  expect((await send(receipt(1, 1))).status).toBe(202)
  const taken = await Promise.all(Array.from({ length: 20 }, (_, n) => send(receipt(1, n + 2))))
  expect(taken.filter(({ status }) => status === 429).length).toBeGreaterThan(10)
  expect(errors).toEqual([])
})

it('stores nothing of a receipt that breaks off', async () => {
  const before = [await database.store.count(orders), await database.store.count(rejected)]
  const text = receipt(2)
  const head = (rest: string) => `POST /ticket HTTP/1.1\r\nHost: x\r\n${rest}\r\n\r\n`
  for (const cut of [
    head(`Content-Length: ${text.length + 1}`) + text,
    `${head('Transfer-Encoding: chunked')}${text.length.toString(16)}\r\n${text}\r\n`,
  ]) {
    for (const how of ['destroy', 'end', 'resetAndDestroy'] as const) {
      using client = await openRaw(server.origin, cut)
      client.socket[how]()
      await client.closed
      expect(client.received).not.toMatch(/ 20[012] /)
    }
  }
  expect([await database.store.count(orders), await database.store.count(rejected)]).toEqual(before)
  expect(errors).toEqual([])
})
