import fc from 'fast-check'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { auditTickets } from '../../../../src/lib/workloads/tickets/audit.ts'
import { createReceiptService, receiptId } from '../../../../src/lib/workloads/tickets/receipt-service.ts'
import { tickets } from '../../../../src/lib/workloads/tickets/index.ts'
import { orders, products, rejected } from '../../../../src/lib/workloads/tickets/tables.ts'
import { entriesOf, unwatched } from '../../../support/ledgers.ts'

const receipt = (id: number, price = '1.00') =>
  Buffer.from(`Order: ${id}\nVAT: 0\nTotal: ${price}\n\nproduct,product_id,price\nPane,p1,${price}\n`)

describe('the receipt service', () => {
  let folder: string
  let database: Database

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rushbench-'))
    database = await connectDatabase(`sqlite:${join(folder, 'test.db')}`, { poolSize: 1 })
    await migrateUp(database, tickets.name, tickets.tables)
  })

  afterEach(async () => {
    await database[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  it('lets those that come during a commit share the next ones, 128 each, and answers none before it is stored', async () => {
    const { store } = database
    const commits: number[] = []
    const held = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const receipts = createReceiptService(
      {
        ...store,
        async apply(changes) {
          reached.resolve()
          await held.promise
          return store.apply(changes)
        },
      },
      (count) => void commits.push(count),
    )
    const first = receipts.take(receipt(1), '')
    await reached.promise
    let answered = 0
    const others = Array.from({ length: 300 }, async (_, index) => {
      const stored = await receipts.take(receipt(index + 2), '')
      answered++
      return stored
    })
    expect([commits, answered, await store.count(orders)]).toEqual([[], 0, 0])
    held.resolve()
    await Promise.all([first, ...others])
    expect(commits).toEqual([1, 128, 128, 44])
    expect(await store.count(orders)).toBe(301)
    expect(await store.find(products, {})).toEqual([{ id: 'p1', name: 'Pane', price_cents: 100 }])
  })

  it('has everything that it was ever given exactly once, whatever it is and however it comes', async () => {
    const { store } = database
    // Few numbers and prices, so that many are the same, or others under the same number.
    const good = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.constantFrom('1.00', '2.00', '3.00'))
    const any = fc.oneof(
      good.map(([id, price]) => receipt(id, price)),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    )
    const services = [createReceiptService(store, () => {}), createReceiptService(store, () => {})]
    const stored: string[] = []
    const taken = new Map<string, { readonly bytes: Buffer; readonly as: string }>()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(any, fc.nat(1)), { maxLength: 30 }), async (all) => {
        await Promise.all(
          all.map(async ([bytes, service]) => {
            const { kind, again } = await services[service]!.take(bytes, '')
            const key = receiptId(bytes)
            expect(taken.get(key)?.as ?? kind).toBe(kind)
            taken.set(key, { bytes, as: kind })
            if (!again) stored.push(key)
          }),
        )
      }),
      { numRuns: 100 },
    )
    const asOrders = new Set((await store.find(orders, {})).map((row) => row.receipt))
    const kept = new Map((await store.find(rejected, {})).map(({ id, bytes }) => [id, bytes]))
    expect(asOrders.size + kept.size).toBe(taken.size)
    expect(stored.toSorted()).toEqual([...taken.keys()].toSorted())
    for (const [key, { bytes, as }] of taken) {
      expect(as === 'order' ? asOrders.has(key) : kept.get(key) === bytes.toString('base64')).toBe(true)
    }
    const ledger = entriesOf([...taken].map(([key, { as }]) => ({ key, resource: as, outcome: 'booked' })))
    for await (const violation of auditTickets({ database, ledger }, unwatched, 50)) expect(violation).toBe(null)
    expect(ledger.count).toBeGreaterThan(100)
  })

  it('has an audit say once of a receipt that it is an order and rejected, acknowledged or not', async () => {
    const [known, unknown] = [receipt(21), receipt(22)] as const
    const receipts = createReceiptService(database.store, () => {})
    for (const bytes of [known, unknown]) {
      await receipts.take(bytes, '')
      const row = { reason: 'syntax', line: 1, received_at: 0, bytes: '' }
      await database.store.insert(rejected, [{ id: receiptId(bytes), ...row }])
    }
    const ledger = entriesOf([{ key: receiptId(known), resource: 'order', outcome: 'booked' }])
    const doubled: string[] = []
    for await (const { kind, key } of auditTickets({ database, ledger }, unwatched)) {
      if (kind === 'duplicate') doubled.push(key)
    }
    for (const bytes of [known, unknown]) await database.store.remove(rejected, { id: receiptId(bytes) })
    expect(doubled.toSorted()).toEqual([known, unknown].map(receiptId).toSorted())
  })

  it('tells those of one batch apart: the first, the same again, and another under its number', async () => {
    const receipts = createReceiptService(database.store, () => {})
    const all = [receipt(1), receipt(1), receipt(1, '2.00'), receipt(1, '2.00'), Buffer.from('x'), Buffer.from('x')]
    const stored = await Promise.all(all.map((bytes) => receipts.take(bytes, '')))
    expect(stored.map(({ kind, again }) => `${kind} ${again}`)).toEqual([
      'order false',
      'order true',
      'rejected false',
      'rejected true',
      'rejected false',
      'rejected true',
    ])
  })
})
