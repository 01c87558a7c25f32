import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createInbox, topic } from '../../../../src/lib/workloads/orders/inbox.ts'
import { inspectReplicas } from '../../../../src/lib/workloads/orders/inspect.ts'
import { ordersWorkload } from '../../../../src/lib/workloads/orders/index.ts'
import type { RunningServer } from '../../../../src/lib/ports/workload.ts'
import { serveOrders } from '../../../../src/lib/workloads/orders/api.ts'
import type { Order } from '../../../../src/lib/workloads/orders/order.ts'
import { deadLetters, orders } from '../../../../src/lib/workloads/orders/tables.ts'
import { noPubSub } from '../../../support/ledgers.ts'
import { testEngines } from '../../../support/database/engines.ts'
import {
  found,
  message,
  openOrdersBackends,
  order,
  uid,
  watch,
  type OrdersBackends,
} from '../../../support/orders/orders-backends.ts'

for (const engine of testEngines) {
  describe.skipIf(engine.open === null)(`the orders API on ${engine.name}`, () => {
    let place: OrdersBackends
    let replicas: RunningServer[]
    const errors: Error[] = []
    const start = async (): Promise<RunningServer> => {
      const services = {
        ...place,
        openBroker: async () => place.broker,
        openPubSub: noPubSub,
        openCache: () => Promise.reject(new Error('not asked for')),
        host: '127.0.0.1',
        port: 0,
        onError: (error: Error) => errors.push(error),
      }
      const server = await serveOrders(services, { wire: 'own' })
      replicas.push(server)
      return server
    }

    beforeEach(async () => {
      errors.length = 0
      replicas = []
      place = await openOrdersBackends(engine)
      await createInbox(place.database.store).store([message(order(0)), message(order(1))])
      await start()
      await start()
    })
    afterEach(async () => {
      for (const server of replicas) await server.close()
      await place[Symbol.asyncDispose]()
      if (errors.length > 0) throw new AggregateError(errors)
    })

    const get = (path: string, replica = 0) => fetch(`${replicas[replica]!.origin}${path}`)
    const json = async (path: string, replica = 0): Promise<unknown> => (await get(path, replica)).json()

    it('serves what was there at its start, and what comes, from every replica', async () => {
      expect(await json(`/orders/${uid(0)}`)).toEqual(order(0))
      expect(await json(`/orders/order?uuid=${uid(1)}`, 1)).toEqual(order(1))
      await place.broker.publish(topic, [message(order(2)), message('broken'), message(order(3))])
      for (const replica of [0, 1]) {
        for (const index of [2, 3]) {
          const path = `/orders/${uid(index)}`
          await vi.waitFor(async () => expect(await json(path, replica)).toEqual(order(index)), { timeout: 20_000 })
        }
      }
      const all = await json('/orders')
      expect(all).toEqual({ total: 4, offset: 0, orders: expect.arrayContaining([0, 1, 2, 3].map(uid)) })
      const pages = [await json('/orders?limit=3'), await json('/orders?limit=3&offset=3')] as { orders: string[] }[]
      expect(pages.flatMap((page) => page.orders)).toEqual((all as { orders: string[] }).orders)
      const metrics = await Promise.all([0, 1].map(async (replica) => (await get('/metrics', replica)).text()))
      for (const text of metrics) expect(text).toMatch(/^orders_in_memory 4$/m)
      const stored = metrics.map((text) => Number(/^orders_stored (\d)$/m.exec(text)?.[1]))
      expect(stored[0]! + stored[1]!).toBe(2)
    })

    it('takes the messages of the original, and responds as that did where it is asked to', async () => {
      const published = { CreatedAt: '2023-05-11T13:59:23.123456789+03:00', Order: order(2) }
      await place.broker.publish(topic, [message(published), message({ ...published, Order: { order_uid: 'x' } })])
      await vi.waitFor(async () => expect(await json(`/orders/${uid(2)}`)).toEqual(order(2)), { timeout: 20_000 })
      const { payment, entry, customer_id, track_number, delivery_service } = order(2) as Order
      expect(await json(`/orders/order?uuid=${uid(2)}&summary`)).toEqual({
        order_uid: uid(2),
        entry,
        total_price: payment.amount + payment.delivery_cost,
        customer_id,
        track_number,
        delivery_service,
      })
      expect((await get('/orders/order?uuid=none&summary')).status).toBe(404)
      const all = await get('/orders?all&limit=1')
      expect(all.headers.get('content-type')).toBe('application/json; charset=utf-8')
      expect(((await all.json()) as string[]).toSorted()).toEqual([0, 1, 2].map(uid).toSorted())
      expect(await json('/orders?all=false')).toMatchObject({ total: 3 })
      expect((await get('/orders?all=maybe')).status).toBe(422)
      expect((await get('/orders?all', 1)).status).toBe(200)
      await vi.waitFor(async () => expect(await place.database.store.count(deadLetters)).toBe(1), { timeout: 20_000 })
    })

    it('says what there is not, and what cannot be', async () => {
      const missing = await get('/orders/no-such-order')
      expect(missing.status).toBe(404)
      expect(await missing.json()).toEqual({ error: 'no-such-order', message: 'There is no order no-such-order.' })
      expect((await get('/orders/order?uuid=none')).status).toBe(404)
      expect((await get('/orders/order')).status).toBe(422)
      for (const limit of ['0', '1.5', '1e2', 'null', '9007199254740993'])
        expect((await get(`/orders?limit=${limit}`)).status).toBe(422)
      for (const offset of ['-1', '1e3']) {
        const wrong = await get(`/orders?offset=${offset}`)
        expect([wrong.status, await wrong.json()]).toEqual([
          422,
          { error: 'invalid', message: expect.any(String), issues: [{ field: 'offset', reason: expect.any(String) }] },
        ])
      }
      expect((await get(`/orders/${'x'.repeat(65)}`)).status).toBe(422)
      expect((await get('/nothing')).status).toBe(404)
      expect(await json('/healthz')).toEqual({ status: 'ok' })
      expect(Object.keys(((await json('/docs/json')) as { paths: object }).paths)).toEqual(
        expect.arrayContaining(['/orders', '/orders/{uid}', '/orders/order', '/digest']),
      )
    })

    it('keeps maps that equal the table, which an inspection sees', async () => {
      const origins = replicas.map(({ origin }) => origin)
      const inspect = (patienceMs: number) =>
        found(inspectReplicas({ ...place, openBroker: async () => place.broker, origins }, watch, patienceMs))
      await place.broker.publish(
        topic,
        Array.from({ length: 50 }, (_, index) => message(order(index))),
      )
      expect(await inspect(20_000)).toEqual([])
      expect((await json('/digest')) as object).toMatchObject({ count: 50 })
      await place.database.store.remove(orders, { order_uid: { in: [uid(3), uid(4)] } })
      for (const replica of [0, 1]) {
        await vi.waitFor(async () => expect((await get(`/orders/${uid(3)}`, replica)).status).toBe(404), {
          timeout: 20_000,
        })
        await vi.waitFor(async () => expect(await json('/digest', replica)).toMatchObject({ count: 48 }), {
          timeout: 20_000,
        })
        const ids = ((await json('/orders?limit=1000', replica)) as { orders: string[] }).orders
        expect(ids.toSorted()).toEqual(((await json('/orders?all', replica)) as string[]).toSorted())
      }
      expect(await inspect(20_000)).toEqual([])
      const body = JSON.stringify(order(0, { locale: 'zz' }))
      await place.database.store.update(orders, { order_uid: uid(0) }, { body })
      expect(await inspect(300)).toEqual(origins.map((origin) => `inconsistent ${origin}`))
    })
  })
}

describe('seeding orders', () => {
  const sqlite = testEngines.find(({ name }) => name === 'sqlite')!

  it('stores those that are missing, and the readers ask for just these', async () => {
    await using place = await openOrdersBackends(sqlite)
    const seed = async (count: number) => {
      let last = {}
      for await (last of ordersWorkload.seed(place.database, { seed: 'x', orders: count, wire: 'own' }));
      return last
    }
    expect(await seed(700)).toEqual({ done: 700, total: 700, added: 700 })
    expect(await seed(900)).toEqual({ done: 900, total: 900, added: 200 })
    expect(await place.database.store.count(orders)).toBe(900)
  })
})
