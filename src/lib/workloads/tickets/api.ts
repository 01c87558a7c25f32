import type { FastifyInstance, FastifyReply } from 'fastify'
import { Counter, Histogram, type Registry } from 'prom-client'
import type { Store } from '../../ports/database.ts'
import type { Services, RunningServer } from '../../ports/workload.ts'
import { callerOf } from '../shared/http/caller.ts'
import { createApi, ErrorSchema } from '../shared/http/api.ts'
import { listen } from '../shared/http/listen.ts'
import type { ZodTypes } from '../shared/http/route-schemas.ts'
import { sendTooMany } from '../shared/http/errors.ts'
import {
  KeptReceipt,
  OrderParams,
  OrderSchema,
  ProductsPage,
  ProductsQuery,
  RejectedPage,
  RejectedQuery,
  StoredOrder,
} from './api-schemas.ts'
import { createReceiptService, type ReceiptService, type Stored } from './receipt-service.ts'
import { formatMoney, maxReceiptBytes, reasons } from './receipt.ts'
import { lines, linesOf, orders, products, rejected, unknownPrice } from './tables.ts'

/** Starts the webhook. Throws `port-in-use` or `host-unusable`. */
export async function serveTickets(services: Services): Promise<RunningServer> {
  const { database } = services
  const { app, registry } = await createApi(services, {
    title: 'rushbench tickets API',
    description: 'Receipts, none of which is lost',
    bodyLimit: maxReceiptBytes,
  })
  takeAnyBody(app)
  const counters = createCounters(registry)
  app.get('/ping', { schema: { summary: 'Whether it is there' } }, async () => 'pong')
  addReceiptRoute(app, createReceiptService(database.store, counters.onCommit), counters.onStored)
  addOrderRoute(app, database.store)
  addListRoutes(app, database.store)
  return listen(app, services)
}

/** Whatever a sender says that it sends, even if no such type exists, it is bytes to be looked at. */
function takeAnyBody(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers }) => {
    delete headers['content-type']
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}

interface Counters {
  onCommit(receipts: number): void
  onStored(stored: Stored): void
}

function createCounters(registry: Registry): Counters {
  const receipts = new Counter({
    name: 'receipts_total',
    help: 'Receipts that came, by what became of them',
    labelNames: ['outcome'],
    registers: [registry],
  })
  const batches = new Histogram({
    name: 'receipts_per_commit',
    help: 'Receipts that shared a commit',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
    registers: [registry],
  })
  return {
    onCommit: (count) => batches.observe(count),
    onStored: ({ kind, again }) => receipts.inc({ outcome: again ? `${kind} again` : kind }),
  }
}

function addReceiptRoute(app: FastifyInstance, receipts: ReceiptService, onStored: Counters['onStored']): void {
  const schema = {
    summary: 'Take a receipt',
    description: `Up to ${maxReceiptBytes} bytes of any type. Answered once the database has committed it: with 201 as an order, with 200 as one that was stored before, with 202 when it cannot be read and is kept whole. A receipt that is larger is refused with 413 and not stored, and so is one with 429 that cannot be read and comes from a caller who has sent too many of those.`,
    response: { 200: StoredOrder, 201: StoredOrder, 202: KeptReceipt, 413: ErrorSchema, 429: ErrorSchema },
  }
  app.post<{ Body: Buffer | undefined }>('/ticket', { schema }, async ({ body, ip }, reply) => {
    const stored = await receipts.take(body ?? Buffer.alloc(0), callerOf(ip))
    onStored(stored)
    return sendStored(reply, stored)
  })
}

function sendStored(reply: FastifyReply, stored: Stored): FastifyReply {
  const { receipt } = stored
  if (stored.kind === 'refused') {
    return sendTooMany(reply, stored.seconds, 'Too many receipts that cannot be read; this one was not stored.')
  }
  if (stored.kind === 'order') return reply.code(stored.again ? 200 : 201).send({ id: stored.orderId, receipt })
  const { reason, line } = stored
  return reply.code(202).send({ receipt, reason, line, message: messageOf(reason) })
}

/** Falls back to the word: another version may have had other reasons. */
function messageOf(reason: string): string {
  return Object.hasOwn(reasons, reason) ? reasons[reason as keyof typeof reasons] : reason
}

function addOrderRoute(app: FastifyInstance, store: Store): void {
  const schema = {
    summary: 'One order',
    params: OrderParams,
    response: { 200: OrderSchema, 404: ErrorSchema, 422: ErrorSchema },
  }
  app.withTypeProvider<ZodTypes>().get('/orders/:id', { schema }, async ({ params: { id } }, reply) => {
    const [order] = await store.find(orders, { id })
    if (!order) return reply.code(404).send({ error: 'no-such-order', message: `There is no order ${id}.` })
    const rows = await store.find(lines, linesOf(id), { orderBy: ['id'] })
    return {
      id,
      receipt: order.receipt,
      received_at: new Date(order.received_at).toISOString(),
      vat: formatMoney(order.vat_cents),
      total: formatMoney(order.total_cents),
      lines: rows.map(({ product, product_id, price_cents }) => {
        return { product, product_id, price: formatMoney(price_cents) }
      }),
    }
  })
}

function addListRoutes(app: FastifyInstance, store: Store): void {
  const typed = app.withTypeProvider<ZodTypes>()
  typed.get(
    '/products',
    {
      schema: {
        summary: 'The catalogue: every product that stood on a receipt, as the last one has it',
        querystring: ProductsQuery,
        response: { 200: ProductsPage, 422: ErrorSchema },
      },
    },
    async ({ query: { after, limit } }) => {
      const page = await store.find(products, { id: { gt: after } }, { orderBy: ['id'], limit })
      const shown = page.map(({ id, name, price_cents: cents }) => {
        return { id, name, price: cents === unknownPrice ? null : formatMoney(cents) }
      })
      return { products: shown, next: nextOf(page, limit) }
    },
  )
  typed.get(
    '/rejected',
    {
      schema: {
        summary: 'Receipts that could not be read, whole: as many as fit into 4 MiB',
        querystring: RejectedQuery,
        response: { 200: RejectedPage, 422: ErrorSchema },
      },
    },
    async ({ query: { after, limit } }) => {
      const found = await store.find(rejected, { id: { gt: after } }, { orderBy: ['id'], limit })
      const page = withinBytes(found)
      const shown = page.map(({ id, reason, line, received_at, bytes }) => {
        const at = new Date(received_at).toISOString()
        return { receipt: id, reason, line, message: messageOf(reason), received_at: at, bytes }
      })
      return { rejected: shown, next: page.length < found.length ? page.at(-1)!.id : nextOf(page, limit) }
    },
  )
}

/** The most bytes of receipts on one page, in base64. */
const maxPageBytes = 4 * 1024 * 1024

/** Bytes that a receipt has on its page beside its own, at most. */
const rowBytes = 1024

/** The first of them that fit on a page; one at least, which is never too large for it. */
function withinBytes<Row extends { readonly bytes: string }>(rows: readonly Row[]): Row[] {
  let left = maxPageBytes
  return rows.filter(({ bytes }) => (left -= bytes.length + rowBytes) >= 0)
}

/** The key that the next page follows; null where this one is the last. */
function nextOf(page: readonly { readonly id: string }[], limit: number): string | null {
  return page.length < limit ? null : (page.at(-1)?.id ?? null)
}
