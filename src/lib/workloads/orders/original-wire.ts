import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { sendJson } from '../shared/http/api.ts'
import type { ZodTypes } from '../shared/http/route-schemas.ts'
import type { OrderMap } from './order-map.ts'
import { defaultPage, Ids, maxPage, OrderPage, pageOf, sendIds, sendSummary } from './responses.ts'
import { SummarySchema } from './summary.ts'

const notFound = { message: 'Not found order' } as const
const NotFound = z.object({ message: z.literal(notFound.message) }).meta({ title: 'NotFound' })

const PageQuery = z.object({
  offset: z.int().min(0).max(Number.MAX_SAFE_INTEGER).exactOptional(),
  limit: z.int().min(1).max(maxPage).exactOptional(),
})

/** Whatever it is: there is an order of that id or there is none. */
const OneQuery = z.object({ uuid: z.string().default(''), summary: z.string().default('true') })

/**
 * The routes that the original has, as its clients and its page expect them: all ids as one list, a summary, and a message
 * for an order that there is not. With parameters that those never send, they give what ours give, for our own page.
 */
export function addOriginalRoutes(app: FastifyInstance, map: OrderMap): void {
  const typed = app.withTypeProvider<ZodTypes>()
  typed.get(
    '/orders',
    { schema: { summary: 'All ids', querystring: PageQuery, response: { 200: z.union([Ids, OrderPage]) } } },
    async ({ query: { offset, limit } }, reply) => {
      if (offset === undefined && limit === undefined) return sendIds(reply, map)
      return pageOf(map, offset ?? 0, limit ?? defaultPage)
    },
  )
  typed.get(
    '/orders/order',
    {
      schema: { summary: 'A summary', querystring: OneQuery, response: { 200: SummarySchema, 404: NotFound } },
    },
    async ({ query: { uuid, summary } }, reply) => {
      const whole = summary === 'false' ? map.get(uuid) : undefined
      if (whole !== undefined) return sendJson(reply, Buffer.from(whole))
      return sendSummary(reply, map, uuid) || reply.code(404).send(notFound)
    },
  )
  app.get('/status', { schema: { summary: 'That it is there' } }, (_request, reply) =>
    sendJson(reply, Buffer.from('"OK"')),
  )
}
