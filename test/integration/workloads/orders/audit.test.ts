import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LedgerEntry } from '../../../../src/lib/ports/scenario.ts'
import { auditOrders } from '../../../../src/lib/workloads/orders/audit.ts'
import { createInbox, deadLetterId, group, topic } from '../../../../src/lib/workloads/orders/inbox.ts'
import { deadLetters, orders } from '../../../../src/lib/workloads/orders/tables.ts'
import { testEngines } from '../../../support/database/engines.ts'
import {
  found,
  ledgerOf,
  message,
  openOrdersBackends,
  order,
  uid,
  watch,
  type OrdersBackends,
} from '../../../support/orders/orders-backends.ts'
import { openDatabaseClient } from '../../../support/database/no-client.ts'

const broken = Buffer.from('no order')

for (const engine of testEngines.filter(({ name }) => name === 'sqlite' || name === 'postgres')) {
  describe.skipIf(engine.open === null)(`the audit of orders on ${engine.name}`, () => {
    let place: OrdersBackends
    beforeEach(async () => void (place = await openOrdersBackends(engine)))
    afterEach(() => place[Symbol.asyncDispose]())

    const audit = (entries: readonly LedgerEntry[] = [], entriesAtATime?: number) =>
      found(
        auditOrders(
          {
            database: place.database,
            ledger: ledgerOf(entries),
            openBroker: async () => place.broker,
            openDatabaseClient,
          },
          watch,
          entriesAtATime,
        ),
      )

    const contents = [...Array.from({ length: 10 }, (_, index) => order(index)), broken, order(3)]
    const publish = (list: readonly unknown[] = contents) => place.broker.publish(topic, list.map(message))

    /** As a replica does. */
    async function handleAll(): Promise<void> {
      const { store } = createInbox(place.database.store)
      const consumer = await place.broker.consume({
        topic,
        group,
        maxBatch: 4,
        handle: store,
        onError: (error) => {
          throw error
        },
      })
      while ((await place.broker.backlog(topic, group)) > 0) await new Promise((resolve) => setTimeout(resolve, 5))
      await consumer.close()
    }

    it.each([Infinity, 3])('finds nothing where all is as it should be, with %d claims at a time', async (claims) => {
      await publish()
      await handleAll()
      const noted = [
        { key: uid(1), resource: 'order', outcome: 'booked' },
        { key: deadLetterId(broken), resource: 'rejected', outcome: 'booked' },
        { key: 'never came', resource: 'order', outcome: 'unknown' },
      ] as const
      expect(await audit(noted, claims)).toEqual([])
    })

    it.each([Infinity, 3])('finds what is lost, with %d claims at a time', async (claims) => {
      await publish()
      await handleAll()
      await place.database.store.remove(orders, { order_uid: { in: [uid(2), uid(3)] } })
      await place.database.store.remove(deadLetters, {})
      const lost = [`lost order ${uid(2)}`, `lost order ${uid(3)}`, `lost rejected ${deadLetterId(broken)}`]
      expect((await audit([], claims)).sort()).toEqual(lost.sort())
    })

    it.each([Infinity, 3])('counts once what ledger and topic both know, with %d claims at a time', async (claims) => {
      await publish()
      await handleAll()
      await place.database.store.remove(orders, { order_uid: { in: [uid(2), uid(3)] } })
      await place.database.store.remove(deadLetters, {})
      const noted = [
        ...Array.from(
          { length: 12 },
          (_, index) => ({ key: uid(index), resource: 'order', outcome: 'booked' }) as const,
        ),
        { key: deadLetterId(broken), resource: 'rejected', outcome: 'booked' } as const,
      ]
      const lost = [2, 3, 10, 11].map((index) => `lost order ${uid(index)}`)
      expect((await audit(noted, claims)).sort()).toEqual([...lost, `lost rejected ${deadLetterId(broken)}`].sort())
      // Which ones replicas have yet to handle is not known: their number is.
      await publish([order(10), order(11)])
      expect(await audit(noted)).toHaveLength(3)
    })

    it('finds what only the ledger knows', async () => {
      await publish([order(0)])
      await handleAll()
      const entry = { key: uid(1), resource: 'order', outcome: 'booked' } as const
      expect(await audit([entry])).toEqual([`lost order ${uid(1)}`])
      const unanswered = { key: uid(0), resource: 'order', outcome: 'unknown' } as const
      expect(await audit([unanswered])).toEqual([`unknown-committed order ${uid(0)}`])
    })

    it('finds an order that is none of its messages, and lets any of them be', async () => {
      await publish([order(0), order(1), order(1, { locale: 'second' }), order(1, { locale: 'third' })])
      await handleAll()
      const store = (index: number, rest: object) =>
        place.database.store.update(orders, { order_uid: uid(index) }, { body: JSON.stringify(order(index, rest)) })
      await store(1, { locale: 'third' })
      expect(await audit()).toEqual([])
      await store(1, { locale: 'fourth' })
      expect(await audit()).toEqual([`inconsistent order ${uid(1)}`])
      await store(0, { locale: 'fourth' })
      expect((await audit()).sort()).toEqual([0, 1].map((index) => `inconsistent order ${uid(index)}`).sort())
    })

    it('finds a dead letter that is not what came', async () => {
      await publish()
      await handleAll()
      await place.database.store.update(deadLetters, {}, { bytes: Buffer.from('other').toString('base64') })
      expect(await audit()).toEqual([`inconsistent rejected ${deadLetterId(broken)}`])
    })

    it('takes nothing for lost that replicas have yet to handle, and everything beyond it', async () => {
      await publish()
      expect(await audit()).toEqual([])
      await handleAll()
      await publish([order(20), order(21)])
      expect(await audit()).toEqual([])
      await place.database.store.remove(orders, { order_uid: { in: [uid(0), uid(1), uid(2)] } })
      expect(await audit()).toHaveLength(3)
    })

    it('lets the orders be that never were in the topic', async () => {
      await createInbox(place.database.store).store([message(order(0)), message(broken)])
      expect(await audit()).toEqual([])
    })

    it('lets an order be that the database refused, when it is among the dead letters', async () => {
      await publish([order(0), order(1)])
      await handleAll()
      const { value } = message(order(1))
      await place.database.store.remove(orders, { order_uid: uid(1) })
      const letter = { id: deadLetterId(value), reason: 'refused', bytes: value.toString('base64'), stored_at: 0 }
      await place.database.store.insert(deadLetters, [letter])
      expect(await audit()).toEqual([])
      // A ledger knows no more of it than its uid.
      const noted = [0, 1].map((index) => ({ key: uid(index), resource: 'order', outcome: 'booked' }) as const)
      expect(await audit(noted)).toEqual([])
      await place.database.store.remove(orders, { order_uid: uid(0) })
      expect(await audit(noted)).toEqual([`lost order ${uid(0)}`])
      await place.database.store.remove(deadLetters, {})
      expect((await audit(noted)).sort()).toEqual([0, 1].map((index) => `lost order ${uid(index)}`).sort())
    })
  })
}
