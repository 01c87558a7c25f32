import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { integer } from '../../base/json-schema.ts'
import { createApi, ErrorSchema, sendJson } from '../shared/http/api.ts'
import { listen } from '../shared/http/listen.ts'
import type { ZodTypes } from '../shared/http/route-schemas.ts'
import { addGauges } from '../shared/http/metrics.ts'
import type { Services, RunningServer } from '../../ports/workload.ts'
import { createInbox, group, maxBatch, topic } from './inbox.ts'
import { OrderSchema, PublishedOrderSchema } from './order.ts'
import { openOrderMap, type OrderMap } from './order-map.ts'
import { addOriginalRoutes } from './original-wire.ts'
import { addPage } from './page.ts'
import type { WireOptions } from '../shared/scenarios.ts'
import { defaultPage, Ids, maxPage, OrderPage, pageOf, sendIds, sendSummary } from './responses.ts'
import { SummarySchema } from './summary.ts'
import { maxUidLength } from './tables.ts'

const Uid = z.string().min(1).max(maxUidLength).describe('order_uid')

/** A switch in a query: `?all`, `?all=true`. */
const Switch = z.enum(['', 'true', 'false']).default('false')

const errors = { 404: ErrorSchema, 422: ErrorSchema }

const PageQuery = z.object({
  offset: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  limit: z.int().min(1).max(maxPage).default(defaultPage),
  all: Switch.describe('all ids as one list, whatever offset and limit say; as in the original'),
})

const ChecksumSchema = z
  .object({ count: integer, checksum: z.string().describe('sum of all orders, whatever their order: 64 bits') })
  .meta({ title: 'OrderDigest' })

/**
 * Starts a replica: it restores its map, listens, and takes its part of the messages. Throws `port-in-use`,
 * `host-unusable` or `broker-unreachable`.
 */
export async function serveOrders(services: Services, { wire }: WireOptions): Promise<RunningServer> {
  const { database, openBroker, onError } = services
  const broker = await openBroker()
  const { counts, store } = createInbox(database.store)
  const map = await openOrderMap(database, onError)
  const { app, registry } = await createApi(services, {
    title: 'rushbench orders API',
    description: 'Orders, out of a map in memory',
    // Its page is served from elsewhere, and sends what cookies it has.
    takesCredentials: wire === 'original',
  })
  addGauges(registry, [
    ['orders_in_memory', 'Orders in the map of this replica', () => map.size],
    ['orders_stored', 'Orders that this replica has stored', () => counts.stored],
    ['orders_rejected', 'Messages that this replica has put among the dead letters', () => counts.rejected],
    ['orders_repeated', 'Messages that this replica got, and that were stored already', () => counts.repeated],
  ])
  if (wire === 'original') addOriginalRoutes(app, map)
  else addOwnRoutes(app, map)
  addOrderRoutes(app, map)
  addPage(app)
  const closeMap = (error: unknown): Promise<never> => map.close().then(() => Promise.reject(error))
  const server = await listen(app, services).catch(closeMap)
  const consumer = await broker
    .consume({ topic, group, maxBatch, handle: store, onError })
    .catch((error: unknown) => server.close().then(() => closeMap(error)))
  return {
    ...server,
    async close() {
      await consumer.close()
      await server.close()
      await map.close()
    },
  }
}

function addOwnRoutes(app: FastifyInstance, map: OrderMap): void {
  const typed = app.withTypeProvider<ZodTypes>()
  const ids = { 200: z.union([OrderPage, Ids]), 422: ErrorSchema }
  typed.get(
    '/orders',
    { schema: { summary: 'Ids, in pages or all of them', querystring: PageQuery, response: ids } },
    async ({ query: { offset, limit, all } }, reply) =>
      all === 'false' ? pageOf(map, offset, limit) : sendIds(reply, map),
  )
  const one = z.object({ uuid: Uid, summary: Switch.describe('what the original responds with, the total computed') })
  typed.get(
    '/orders/order',
    {
      schema: {
        summary: 'One order, or its summary, as in the original',
        querystring: one,
        response: { ...errors, 200: z.union([OrderSchema, PublishedOrderSchema, SummarySchema]) },
      },
    },
    async ({ query: { uuid, summary } }, reply) =>
      (summary !== 'false' && sendSummary(reply, map, uuid)) || sendOrder(reply, map, uuid),
  )
}

const Order = z.union([OrderSchema, PublishedOrderSchema])

/** The routes that are the same whatever the wire. */
function addOrderRoutes(app: FastifyInstance, map: OrderMap): void {
  const typed = app.withTypeProvider<ZodTypes>()
  typed.get(
    '/orders/:uid',
    { schema: { summary: 'One order', params: z.object({ uid: Uid }), response: { ...errors, 200: Order } } },
    async (request, reply) => sendOrder(reply, map, request.params.uid),
  )
  typed.get(
    '/digest',
    {
      schema: {
        summary: 'What the map of this replica holds, to be held against the table',
        response: { 200: ChecksumSchema },
      },
    },
    async () => map.checksum(),
  )
}

function sendOrder(reply: FastifyReply, map: OrderMap, uid: string): FastifyReply {
  const order = map.get(uid)
  if (order !== undefined) return sendJson(reply, Buffer.from(order))
  return reply.code(404).send({ error: 'no-such-order', message: `There is no order ${uid}.` })
}
