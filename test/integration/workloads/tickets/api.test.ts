import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Database, Store } from '../../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { failure } from '../../../../src/lib/base/errors/errors.ts'
import type { LedgerEntry } from '../../../../src/lib/ports/scenario.ts'
import { serveTickets } from '../../../../src/lib/workloads/tickets/api.ts'
import { auditTickets } from '../../../../src/lib/workloads/tickets/audit.ts'
import { createReceiptService, receiptId } from '../../../../src/lib/workloads/tickets/receipt-service.ts'
import { tickets } from '../../../../src/lib/workloads/tickets/index.ts'
import { formatReceipt, type ReceiptOrder, maxReceiptBytes } from '../../../../src/lib/workloads/tickets/receipt.ts'
import { lines, orders, products, rejected } from '../../../../src/lib/workloads/tickets/tables.ts'
import type { RunningServer, Violation } from '../../../../src/lib/ports/workload.ts'
import { entriesOf, noBroker, noPubSub, unwatched } from '../../../support/ledgers.ts'
import { testEngines, type TestDatabase } from '../../../support/database/engines.ts'

const fixtures = fileURLToPath(new URL('../../../../fixtures/tickets/broken/', import.meta.url))

let numbers = 0
/** An order of its own, with products of which some are everybody's. */
function newOrder(rest: Partial<ReceiptOrder> = {}): ReceiptOrder {
  const id = String(++numbers)
  const product = (name: string) => ({ product: `${name}, "whole"`, productId: name, priceCents: 845 })
  return { id, vatCents: 310, totalCents: 1690, lines: [product('everybody'), product(`own-${id}`)], ...rest }
}

async function collect(violations: AsyncIterable<Violation>): Promise<Violation[]> {
  const found: Violation[] = []
  for await (const violation of violations) found.push(violation)
  return found
}

for (const engine of testEngines) {
  describe.skipIf(engine.open === null)(`the tickets API on ${engine.name}`, () => {
    let place: TestDatabase
    let database: Database
    let server: RunningServer
    let second: RunningServer
    let other: Database
    /** Called before the next `apply`. */
    let interfere: (() => Promise<void>) | null = null
    const errors: Error[] = []
    const acknowledged: LedgerEntry[] = []

    async function serve(on: Database): Promise<RunningServer> {
      const store: Store = {
        ...on.store,
        async apply(changes) {
          const before = interfere
          interfere = null
          await before?.()
          return on.store.apply(changes)
        },
      }
      const none = () => Promise.reject(new Error('no cache here'))
      const onError = (error: Error) => void errors.push(error)
      const parts = { openCache: none, openBroker: noBroker, openPubSub: noPubSub, host: '127.0.0.1', port: 0, onError }
      return serveTickets({ ...parts, database: { ...on, store } })
    }

    beforeAll(async () => {
      place = await engine.open!()
      database = await connectDatabase(place.url, { poolSize: 4 })
      other = await connectDatabase(place.url, { poolSize: 4 })
      await migrateUp(database, tickets.name, tickets.tables)
      server = await serve(database)
      second = await serve(other)
    })

    afterAll(async () => {
      await Promise.all([server.close(), second.close()])
      await database[Symbol.asyncDispose]()
      await other[Symbol.asyncDispose]()
      await place.remove()
    })

    async function send(
      receipt: string | Uint8Array,
      { to = server, headers = {} }: { to?: RunningServer; headers?: Record<string, string> } = {},
    ) {
      const response = await fetch(`${to.origin}/ticket`, { method: 'POST', body: Buffer.from(receipt), headers })
      const body = (await response.json()) as {
        id?: string
        receipt?: string
        reason?: string
        line?: number
        error?: string
      }
      if (response.ok) {
        const resource = response.status === 202 ? 'rejected' : 'order'
        const id = body.id === undefined ? {} : { id: body.id }
        acknowledged.push({ key: receiptId(Buffer.from(receipt)), resource, outcome: 'booked', ...id })
      }
      return { status: response.status, body }
    }
    const get = async (path: string) => {
      const response = await fetch(server.origin + path)
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    }
    const audit = () => collect(auditTickets({ database, ledger: entriesOf(acknowledged) }, unwatched, 1000))

    it('stores an order with its lines and its products, and gives it back as it was', async () => {
      const order = newOrder()
      const text = formatReceipt(order)
      expect(await send(text)).toEqual({ status: 201, body: { id: order.id, receipt: receiptId(text) } })
      const { status, body } = await get(`/orders/${order.id}`)
      expect([status, body]).toEqual([
        200,
        {
          id: order.id,
          receipt: receiptId(text),
          received_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          vat: '3.10',
          total: '16.90',
          lines: order.lines.map(({ product, productId }) => ({ product, product_id: productId, price: '8.45' })),
        },
      ])
      expect(await get('/orders/99999999')).toMatchObject({ status: 404, body: { error: 'no-such-order' } })
      expect(await get('/orders/%00')).toMatchObject({ status: 422 })
    })

    it('stores the same receipt once, however often it comes, also side by side and to several servers', async () => {
      const text = formatReceipt(newOrder())
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, i) => send(text, { to: i % 2 ? server : second })),
      )
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(7)
      expect((await send(text)).status).toBe(200)
    })

    it('keeps another receipt under the same number whole, with that reason', async () => {
      const order = newOrder()
      await send(formatReceipt(order))
      const text = formatReceipt({ ...order, totalCents: 1 })
      const kept = { status: 202, body: { receipt: receiptId(text), reason: 'order-taken', line: 1 } }
      expect(await send(text)).toMatchObject(kept)
      expect(await send(text)).toMatchObject(kept)
      expect(await get(`/orders/${order.id}`)).toMatchObject({ body: { total: '16.90' } })
    })

    it('keeps whatever it cannot read byte for byte, and gives it back', async () => {
      const files = readdirSync(fixtures).map((file) => readFileSync(fixtures + file))
      const broken = files.filter(({ length }) => length <= maxReceiptBytes)
      expect(broken.length).toBeGreaterThan(60)
      const answers = await Promise.all([...broken, ...broken].map((bytes) => send(bytes)))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
      const kept = new Map<string, string>()
      for (let after: string | null = ''; after !== null;) {
        const { body } = await get(`/rejected?limit=20&after=${after}`)
        for (const { receipt, bytes } of body['rejected'] as { receipt: string; bytes: string }[])
          kept.set(receipt, bytes)
        after = body['next'] as string | null
      }
      for (const bytes of broken) expect(kept.get(receiptId(bytes))).toBe(bytes.toString('base64'))
    })

    it('takes the largest receipt, of bytes that look like no text, and refuses a larger one before it is read', async () => {
      const largest = Buffer.alloc(maxReceiptBytes, 0xff)
      expect(await send(largest)).toMatchObject({ status: 202, body: { reason: 'not-utf-8' } })
      const before = await database.store.count(rejected)
      expect(await send(Buffer.alloc(maxReceiptBytes + 1))).toMatchObject({ status: 413 })
      expect(await database.store.count(rejected)).toBe(before)
    })

    it('stores as many of the largest in one commit as may share one', async () => {
      const commits: number[] = []
      const receipts = createReceiptService(database.store, (count) => void commits.push(count))
      const largest = Array.from({ length: 128 }, (_, index) => Buffer.alloc(maxReceiptBytes, `large ${index}\0`))
      const before = await database.store.count(rejected)
      await Promise.all(largest.map((bytes) => receipts.take(bytes, '')))
      expect([commits, await database.store.count(rejected)]).toEqual([[128], before + 128])
      const shown: unknown[] = []
      for (let after: string | null = ''; after !== null;) {
        const text = await (await fetch(`${server.origin}/rejected?limit=100&after=${after}`)).text()
        expect(text.length).toBeLessThanOrEqual(4 * 1024 * 1024)
        const page = JSON.parse(text) as { rejected: { receipt: string }[]; next: string | null }
        shown.push(...page.rejected.map(({ receipt }) => receipt))
        after = page.next
      }
      const all = await database.store.find(rejected, {}, { orderBy: ['id'], columns: ['id'] })
      expect(shown).toEqual(all.map(({ id }) => id))
      // Each is far more than an ordinary one has; the pages of the tests after this one need not carry them.
      await database.store.remove(rejected, { id: { in: largest.map(receiptId) } })
    })

    it.each(['text/plain', 'application/json', 'application/x-www-form-urlencoded', 'nonsense', 'image/png; x="'])(
      'looks at the bytes, not at their type: %s',
      async (type) => {
        expect(await send(formatReceipt(newOrder()), { headers: { 'content-type': type } })).toMatchObject({
          status: 201,
        })
        expect(await send(`{${type}`, { headers: { 'content-type': type } })).toMatchObject({ status: 202 })
      },
    )

    it('stores nothing of a receipt whose bytes are of another coding', async () => {
      const before = await database.store.count(rejected)
      const answer = await send('not gzip', { headers: { 'content-encoding': 'gzip' } })
      expect(answer).toMatchObject({ status: 415, body: { error: 'unsupported-media-type' } })
      expect(await database.store.count(rejected)).toBe(before)
    })

    it('stores batches that are new to two servers at the same moment, with the same new products', async () => {
      const shared = { product: 'New to both', productId: 'both', priceCents: 1 }
      const texts = Array.from({ length: 40 }, () => formatReceipt(newOrder({ lines: [shared] })))
      const answers = await Promise.all(texts.map((text, index) => send(text, { to: index % 2 ? server : second })))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
      expect(await database.store.find(products, { id: 'both' })).toMatchObject([{ name: 'New to both' }])
    })

    it('looks again when somebody else was faster: with a product, the same receipt, or another under its number', async () => {
      const [first, same, taken] = [newOrder(), newOrder(), newOrder()]
      const rival = formatReceipt({ ...taken, totalCents: 5 })
      interfere = async () => {
        await send(formatReceipt({ ...first, id: `${first.id}000` }), { to: second })
        await send(formatReceipt(same), { to: second })
        await send(rival, { to: second })
      }
      const answers = await Promise.all([first, same, taken].map((order) => send(formatReceipt(order))))
      expect(answers.map(({ status }) => status)).toEqual([201, 200, 202])
      expect(answers[2]).toMatchObject({ body: { reason: 'order-taken' } })
    })

    it('acknowledges nothing that was not stored, and stores it when it comes again', async () => {
      const text = formatReceipt(newOrder())
      for (const thrown of [new Error('constraint'), failure('database-lost', { url: 'x', reason: 'y' })]) {
        interfere = () => Promise.reject(thrown)
        const { status, body } = await send(text)
        expect([status, body]).toMatchObject([500, { error: 'internal' }])
        expect(errors.pop()).toBe(thrown)
      }
      expect(await send(text)).toMatchObject({ status: 201 })
    })

    it('lists the catalogue by pages', async () => {
      const all = (await database.store.find(products, {}, { orderBy: ['id'] })).map(({ id }) => id)
      const { body } = await get('/products?limit=2')
      expect(body).toMatchObject({ products: [{ id: all[0] }, { id: all[1] }], next: all[1] })
      const rest = await get(`/products?limit=1000&after=${all[1]}`)
      expect(rest.body).toMatchObject({ next: null })
      expect(rest.body['products']).toHaveLength(all.length - 2)
      for (const limit of ['0', '1.5', '1e2', 'null', '', '2&limit=3', '9007199254740993']) {
        expect(await get(`/products?limit=${limit}`)).toMatchObject({
          status: 422,
          body: { error: 'invalid', issues: [{ field: 'limit' }] },
        })
      }
      expect(await get('/rejected?after=%00')).toMatchObject({ status: 422 })
    })

    it('says how it is, and what it is', async () => {
      expect(await (await fetch(`${server.origin}/ping`)).text()).toBe('pong')
      expect(await get('/healthz')).toEqual({ status: 200, body: { status: 'ok' } })
      const metrics = await (await fetch(`${server.origin}/metrics`)).text()
      for (const outcome of ['order', 'order again', 'rejected', 'rejected again']) {
        expect(metrics).toMatch(new RegExp(`^receipts_total\\{outcome="${outcome}"\\} [1-9]`, 'm'))
      }
      expect(metrics).toMatch(/^receipts_per_commit_count [1-9]/m)
      const paths = Object.keys(((await get('/docs/json')).body as { paths: object }).paths)
      expect(paths).toEqual(expect.arrayContaining(['/ticket', '/orders/{id}', '/products', '/rejected']))
    })

    it('has every receipt that it acknowledged exactly once', async () => {
      expect(await database.store.count(orders)).toBeGreaterThan(40)
      expect(acknowledged.length).toBeGreaterThan(200)
      expect(await audit()).toEqual([])
    })

    it('is found out when anything is not as it was promised', async () => {
      const { store } = database
      const [a, b, c, d, e] = [newOrder(), newOrder(), newOrder(), newOrder(), newOrder()]
      for (const order of [a, b, c, d, e]) await send(formatReceipt(order))
      await send('gone')
      await store.remove(lines, { order_id: a.id })
      await store.remove(orders, { id: a.id })
      await store.remove(products, { id: `own-${a.id}` })
      await store.remove(lines, { id: { gt: `${b.id}-`, lt: `${b.id}-0002` } })
      await store.remove(products, { id: `own-${b.id}` })
      await store.remove(lines, { id: `${d.id}-0002` })
      await store.remove(lines, { order_id: e.id })
      await store.insert(products, [{ id: 'surplus', name: 'x', price_cents: 1 }])
      // Elsewhere the database itself refuses lines without an order: in the middle, and at the end.
      const orphans = database.traits.foreignKeys ? [] : ['777', '999999']
      const line = { position: 1, product: 'x', product_id: 'everybody', price_cents: 1 }
      await store.insert(
        lines,
        orphans.map((id) => ({ id: `${id}-0001`, order_id: id, ...line })),
      )
      await store.remove(rejected, { id: receiptId('gone') })
      const both = { id: receiptId(formatReceipt(c)), reason: 'empty', line: 0, received_at: 0, bytes: '' }
      await store.insert(rejected, [both])
      const found = (await audit()).map(({ kind, key }) => `${kind} ${key}`)
      expect(found.toSorted()).toEqual(
        [
          `lost ${receiptId(formatReceipt(a))}`,
          `lost ${receiptId('gone')}`,
          `duplicate ${both.id}`,
          `inconsistent order ${b.id}`,
          `inconsistent order ${d.id}`,
          `inconsistent order ${e.id}`,
          ...orphans.map((id) => `inconsistent order ${id}`),
          `inconsistent product own-${d.id}`,
          `inconsistent product own-${e.id}`,
          `inconsistent product own-${b.id}`,
          'inconsistent product surplus',
        ].toSorted(),
      )
    })
  })
}
