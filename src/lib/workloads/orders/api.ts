import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { integer } from '../../base/json-schema.ts'
import { createApi, ErrorSchema, sendJson } from '../shared/http/api.ts'
import { listen } from '../shared/http/listen.ts'
import type { ZodTypes } from '../shared/http/route-schemas.ts'
import { addGauges } from '../shared/http/metrics.ts'
import type { Services, RunningServer } from '../../ports/workload.ts'
import { createInbox, group, maxBatch, topic } from './inbox.ts'
import { OrderSchema } from './order.ts'
import { openOrderMap, type OrderMap } from './order-map.ts'
import { addPage } from './page.ts'
import { SummarySchema, summaryOf } from './summary.ts'
import { maxUidLength } from './tables.ts'

const maxPage = 1000

const Uid = z.string().min(1).max(maxUidLength).describe('order_uid')

/** A switch in a query: `?all`, `?all=true`. */
const Switch = z.enum(['', 'true', 'false']).default('false')

const OrderPage = z
  .object({
    total: integer.describe('orders in all'),
    offset: integer,
    orders: z.array(z.string()).describe('ids, in the order in which this replica learnt of them'),
  })
  .meta({ title: 'OrderPage' })

const PageQuery = z.object({
  offset: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  limit: z.int().min(1).max(maxPage).default(100),
  all: Switch.describe('all ids as one list, whatever offset and limit say; as in the original'),
})

const Ids = z.array(z.string()).meta({ title: 'OrderIds' })

const ChecksumSchema = z
  .object({ count: integer, checksum: z.string().describe('sum of all orders, whatever their order: 64 bits') })
  .meta({ title: 'OrderDigest' })

/**
 * Starts a replica: it restores its map, listens, and takes its part of the messages. Throws `port-in-use`,
 * `host-unusable` or `broker-unreachable`.
 */
export async function serveOrders(services: Services): Promise<RunningServer> {
  const { database, openBroker, onError } = services
  const broker = await openBroker()
  const { counts, store } = createInbox(database.store)
  const map = await openOrderMap(database, onError)
  const { app, registry } = await createApi(services, {
    title: 'rushbench orders API',
    description: 'Orders, out of a map in memory',
  })
  addGauges(registry, [
    ['orders_in_memory', 'Orders in the map of this replica', () => map.size],
    ['orders_stored', 'Orders that this replica has stored', () => counts.stored],
    ['orders_rejected', 'Messages that this replica has put among the dead letters', () => counts.rejected],
    ['orders_repeated', 'Messages that this replica got, and that were stored already', () => counts.repeated],
  ])
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

function addOrderRoutes(app: FastifyInstance, map: OrderMap): void {
  const typed = app.withTypeProvider<ZodTypes>()
  const response = { 200: OrderSchema, 404: ErrorSchema, 422: ErrorSchema }
  const ids = { 200: z.union([OrderPage, Ids]), 422: ErrorSchema }
  typed.get(
    '/orders',
    { schema: { summary: 'Ids, in pages or all of them', querystring: PageQuery, response: ids } },
    async ({ query: { offset, limit, all } }, reply) => {
      if (all !== 'false') return sendIds(reply, map)
      return { total: map.size, offset, orders: [...map.page(offset, limit)] }
    },
  )
  typed.get(
    '/orders/:uid',
    { schema: { summary: 'One order', params: z.object({ uid: Uid }), response } },
    async (request, reply) => sendOrder(reply, map, request.params.uid),
  )
  const one = z.object({ uuid: Uid, summary: Switch.describe('what the original responds with, the total computed') })
  typed.get(
    '/orders/order',
    {
      schema: {
        summary: 'One order, or its summary, as in the original',
        querystring: one,
        response: { ...response, 200: z.union([OrderSchema, SummarySchema]) },
      },
    },
    async (request, reply) => {
      const { uuid, summary } = request.query
      const order = summary === 'false' ? undefined : map.get(uuid)
      if (order === undefined) return sendOrder(reply, map, uuid)
      return sendJson(reply, Buffer.from(JSON.stringify(summaryOf(uuid, order))))
    },
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

/** Ids that are sent at a time. */
const idsAtOnce = 1000

/** Sends all ids as one list, in pieces, so that memory does not grow with them. */
function sendIds(reply: FastifyReply, map: OrderMap): FastifyReply {
  function* pieces(): Generator<string> {
    let piece: string[] = []
    let start = '['
    for (const uid of map.ids()) {
      if (piece.push(JSON.stringify(uid)) < idsAtOnce) continue
      yield start + piece.join()
      piece = []
      start = ','
    }
    yield piece.length > 0 ? `${start}${piece.join()}]` : start === '[' ? '[]' : ']'
  }
  return reply.header('content-type', 'application/json; charset=utf-8').send(Readable.from(pieces()))
}
