import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../../../src/lib/ports/database.ts'
import { failure } from '../../../../src/lib/base/errors/errors.ts'
import { createInbox, deadLetterId } from '../../../../src/lib/workloads/orders/inbox.ts'
import { deadLetters, keptBytes, orders } from '../../../../src/lib/workloads/orders/tables.ts'
import { testEngines } from '../../../support/database/engines.ts'
import {
  message,
  openOrdersBackends,
  order,
  uid,
  type OrdersBackends,
} from '../../../support/orders/orders-backends.ts'

for (const engine of testEngines) {
  describe.skipIf(engine.open === null)(`the inbox of orders on ${engine.name}`, () => {
    let place: OrdersBackends
    let store: Store
    beforeEach(async () => {
      place = await openOrdersBackends(engine)
      ;({ store } = place.database)
    })
    afterEach(() => place[Symbol.asyncDispose]())

    it('stores orders whole, what is no order with its reason, and nothing twice', async () => {
      const inbox = createInbox(store)
      const torn = Buffer.from('{"order_uid": "b563')
      const batch = [message(order(0)), message(torn), message(order(1)), message(order(0)), message(torn)]
      await inbox.store(batch)
      await inbox.store([message(order(1, { locale: 'xx' })), message(order(2)), message(torn)])
      const rows = await store.find(orders, {})
      expect(new Map(rows.map((row) => [row.order_uid, JSON.parse(row.body)]))).toEqual(
        new Map([0, 1, 2].map((index) => [uid(index), order(index)])),
      )
      const letters = await store.find(deadLetters, {})
      expect(letters).toEqual([
        {
          id: deadLetterId(torn),
          reason: 'the message is not valid JSON',
          bytes: torn.toString('base64'),
          stored_at: expect.any(Number),
        },
      ])
      expect(inbox.counts).toEqual({ stored: 3, rejected: 1, repeated: 4 })
    })

    it('keeps the beginning of what is too large, and says so', async () => {
      const large = Buffer.alloc(keptBytes + 10, 'x')
      await createInbox(store).store([message(large), message(large.subarray(0, keptBytes))])
      const letters = await store.find(deadLetters, {})
      const kept = new Map(letters.map(({ id, bytes, reason }) => [id, { bytes, reason }]))
      const bytes = large.subarray(0, keptBytes).toString('base64')
      const reason = 'the message is longer than 262144 bytes'
      expect(kept.get(deadLetterId(large))).toEqual({ bytes, reason: `only its beginning is kept; ${reason}` })
      expect(kept.get(deadLetterId(large.subarray(0, keptBytes)))).toEqual({ bytes, reason })
    })

    it('puts aside what the database itself refuses, and stores the others', async () => {
      const refusing: Store = {
        ...store,
        async apply(changes) {
          const uids = changes.flatMap(({ insert }) => insert.flatMap(({ rows }) => rows as { order_uid?: string }[]))
          if (uids.some(({ order_uid }) => order_uid === uid(3))) throw new Error('no such\0 luck')
          return store.apply(changes)
        },
      }
      const inbox = createInbox(refusing)
      await inbox.store(Array.from({ length: 8 }, (_, index) => message(order(index))))
      expect(await store.count(orders)).toBe(7)
      const [letter] = await store.find(deadLetters, {})
      expect(letter!.reason).toBe('the database refuses it: no such\uFFFD luck')
      expect(inbox.counts).toEqual({ stored: 7, rejected: 1, repeated: 0 })
    })

    it('lets messages come again while the database is away', async () => {
      const away = failure('database-lost', { url: 'x', reason: 'gone' })
      const inbox = createInbox({ ...store, apply: () => Promise.reject(away) })
      await expect(inbox.store([message(order(0)), message('x')])).rejects.toBe(away)
      expect(await store.count(deadLetters)).toBe(0)
    })

    it('stores any bytes, and any text in an order', { timeout: 120_000 }, async () => {
      const inbox = createInbox(store)
      const name = fc.string({ unit: 'binary', maxLength: 50 })
      const content = fc.oneof(
        fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
        fc.jsonValue(),
        fc.tuple(fc.nat(20), name).map(([index, city]) => ({ ...order(index), delivery: delivery(city) })),
        fc.tuple(name, fc.jsonValue()).map(([field, value]) => order(0, { [field]: value })),
      )
      const batches = fc.array(content, { minLength: 1, maxLength: 20 })
      await fc.assert(
        fc.asyncProperty(batches, async (contents) => {
          await inbox.store(contents.map(message))
        }),
        { numRuns: 40 },
      )
      for (const { order_uid, body } of await store.find(orders, {})) {
        expect(JSON.parse(body)).toMatchObject({ order_uid })
      }
    })
  })
}

function delivery(city: string): object {
  return { ...(order(0) as { delivery: object }).delivery, city }
}
