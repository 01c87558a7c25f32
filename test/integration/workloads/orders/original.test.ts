import { openDatabaseClient } from '../../../support/database/no-client.ts'
import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openBroker } from '../../../../src/lib/adapters/brokers/registry.ts'
import type { Broker } from '../../../../src/lib/ports/broker.ts'
import type { StepResponse, VirtualUser } from '../../../../src/lib/ports/scenario.ts'
import type { RunningServer } from '../../../../src/lib/ports/workload.ts'
import { createRandom } from '../../../../src/lib/base/random.ts'
import { serveOrders } from '../../../../src/lib/workloads/orders/api.ts'
import { deadLetterId } from '../../../../src/lib/workloads/orders/inbox.ts'
import { ordersWorkload } from '../../../../src/lib/workloads/orders/index.ts'
import { createScenarios } from '../../../../src/lib/workloads/orders/scenarios.ts'
import { deadLetters, orders } from '../../../../src/lib/workloads/orders/tables.ts'
import { testEngines } from '../../../support/database/engines.ts'
import { noPubSub } from '../../../support/ledgers.ts'
import { noSockets } from '../../../support/load/unused-sockets.ts'
import {
  found,
  ledgerOf,
  openOrdersBackends,
  watch,
  type OrdersBackends,
} from '../../../support/orders/orders-backends.ts'
import {
  originalInvalidMessages,
  originalMessages,
  originalSummary,
} from '../../../support/orders/original-publisher.ts'
import { startPrivateService, type PrivateService } from '../../../support/private-service.ts'
import { findService } from '../../../support/services.ts'

const postgres = testEngines.find(({ name }) => name === 'postgres')!
const isThere = postgres.open !== null && (await findService('nats')) !== null

const published = originalMessages(560)
const invalid = originalInvalidMessages()
/** Where the original serves its page, which is another origin than its API. */
const pageOrigin = 'http://localhost:3000'

describe.skipIf(!isThere)('orders on what the original ran on, PostgreSQL and NATS, by its own wire', () => {
  let nats: PrivateService
  let broker: Broker
  let place: OrdersBackends
  let server: RunningServer
  const errors: Error[] = []

  beforeAll(async () => {
    nats = (await startPrivateService('nats'))!
    broker = await openBroker(nats.url)
    place = await openOrdersBackends(postgres)
    const services = {
      database: place.database,
      openBroker: async () => broker,
      openPubSub: noPubSub,
      openCache: () => Promise.reject(new Error('not asked for')),
      host: '127.0.0.1',
      port: 0,
      cors: [pageOrigin],
      onError: (error: Error) => errors.push(error),
    }
    server = await serveOrders(services, { wire: 'original' })
    // As its publishers do: without JetStream, which they know nothing of.
    const connection = await connect({ servers: nats.url.replace('nats://', '') })
    const all = published.map(({ bytes }) => bytes)
    invalid.forEach((bytes, index) => all.splice(index * 20, 0, bytes))
    for (const bytes of all) connection.publish('orders', bytes)
    await connection.drain()
  })
  afterAll(async () => {
    await server.close()
    await broker[Symbol.asyncDispose]()
    await place[Symbol.asyncDispose]()
    await nats[Symbol.asyncDispose]()
    if (errors.length > 0) throw new AggregateError(errors)
  })

  const ask = async (path: string): Promise<readonly [number, unknown]> => {
    const response = await fetch(`${server.origin}${path}`)
    return [response.status, await response.json()]
  }

  it('stores all 560 of its publisher, with their totals, and keeps what its other publisher sends as dead letters', async () => {
    await vi.waitFor(async () => expect(await ask('/digest')).toMatchObject([200, { count: 560 }]), { timeout: 20_000 })
    const letters = () => place.database.store.find(deadLetters, {})
    await vi.waitFor(async () => expect(await letters()).toHaveLength(invalid.length), { timeout: 20_000 })
    expect(new Set((await letters()).map(({ id }) => id))).toEqual(new Set(invalid.map(deadLetterId)))
    const stored = await place.database.store.find(orders, {})
    expect(new Map(stored.map((row) => [row.order_uid, JSON.parse(row.body) as unknown]))).toEqual(
      new Map(published.map(({ order }) => [order.order_uid, order])),
    )
    const input = { database: place.database, openDatabaseClient, openBroker: async () => broker, ledger: ledgerOf() }
    expect(await found(ordersWorkload.audit(input, watch))).toEqual([])
  })

  it('lists all ids, and shows the summary of each', async () => {
    const [status, ids] = await ask('/orders')
    const all = published.map(({ order }) => order.order_uid)
    expect([status, (ids as string[]).toSorted()]).toEqual([200, all.toSorted()])
    const some = published.filter((_, index) => index % 3 === 0)
    const shown = await Promise.all(some.map(({ order }) => ask(`/orders/order?uuid=${order.order_uid}`)))
    expect(shown).toEqual(some.map(({ order }) => [200, originalSummary(order)]))
  })

  it('says that there is no such order, and that it is there, in the words of the original', async () => {
    const none = [404, { message: 'Not found order' }]
    expect(await ask('/orders/order?uuid=sdfdsfsdf')).toEqual(none)
    expect(await ask(`/orders/order?uuid=${'x'.repeat(500)}`)).toEqual(none)
    expect(await ask('/orders/order')).toEqual(none)
    expect(await ask('/status')).toEqual([200, 'OK'])
    // Our own page, publish and audit ask for more than the original has.
    expect(await ask('/orders?limit=2')).toMatchObject([200, { total: 560, orders: { length: 2 } }])
    const { order } = published[0]!
    expect(await ask(`/orders/order?summary=false&uuid=${order.order_uid}`)).toEqual([200, order])
    expect(await ask(`/orders/${order.order_uid}`)).toEqual([200, order])
  })

  it('lets its page, which is served elsewhere and sends cookies, read it, and no other page', async () => {
    const preflight = (origin: string) =>
      fetch(`${server.origin}/orders`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'content-type',
        },
      })
    const headersOf = ({ headers }: Response) =>
      ['origin', 'credentials', 'headers'].map((name) => headers.get(`access-control-allow-${name}`))
    expect(headersOf(await preflight(pageOrigin))).toEqual([pageOrigin, 'true', 'content-type'])
    const [other] = headersOf(await preflight('http://localhost:4000'))
    expect(other).not.toBe('http://localhost:4000')
  })

  it('is read by its own kind of users: a list first, then the summary of one of it', async () => {
    const asked: string[] = []
    const user: VirtualUser = {
      id: 1,
      runId: 'run',
      random: createRandom('users'),
      ledger: { record: async () => {} },
      outcomeOf: () => 'booked',
      think: async () => {},
      ...noSockets,
      async request({ path, expected = [] }): Promise<StepResponse> {
        asked.push(path)
        const response = await fetch(`${server.origin}${path}`)
        const body = Buffer.from(await response.arrayBuffer())
        expect(response.ok || [expected].flat().includes(response.status)).toBe(true)
        return {
          status: response.status,
          maybeExecuted: true,
          body,
          json: () => JSON.parse(body.toString()) as unknown,
        }
      },
    }
    const scenarios = createScenarios({ seed: 'x', orders: 1000, wire: 'original' })
    const [read, list] = ['read', 'list'].map((wanted) => scenarios.find(({ name }) => name === wanted)!)
    for (let time = 0; time < 40; time++) await read!.run(user, await read!.prepare(user))
    await list!.run(user, await list!.prepare(user))
    expect([asked[0], asked.at(-1)]).toEqual(['/orders', '/orders'])
    expect(asked.slice(1, -1).every((path) => path.startsWith('/orders/order?uuid='))).toBe(true)
    expect(asked.filter((path) => path.endsWith('-none')).length).toBeGreaterThan(0)
    expect(new Set(asked).size).toBeGreaterThan(30)
  })
})
