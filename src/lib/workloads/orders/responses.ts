import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { integer } from '../../base/json-schema.ts'
import { sendJson } from '../shared/http/api.ts'
import type { OrderMap } from './order-map.ts'
import { summaryOf } from './summary.ts'

/** The most ids on a page. */
export const maxPage = 1000

/** Ids of a page when none are asked for. */
export const defaultPage = 100

export const OrderPage = z
  .object({
    total: integer.describe('orders in all'),
    offset: integer,
    orders: z.array(z.string()).describe('ids, in the order in which this replica learnt of them'),
  })
  .meta({ title: 'OrderPage' })

export const Ids = z.array(z.string()).meta({ title: 'OrderIds' })

/** A page of ids. */
export function pageOf(map: OrderMap, offset: number, limit: number): z.infer<typeof OrderPage> {
  return { total: map.size, offset, orders: [...map.page(offset, limit)] }
}

/** Sends the summary of an order; false where there is no such order. */
export function sendSummary(reply: FastifyReply, map: OrderMap, uid: string): FastifyReply | false {
  const order = map.get(uid)
  return order !== undefined && sendJson(reply, Buffer.from(JSON.stringify(summaryOf(uid, order))))
}

/** Ids that are sent at a time. */
const idsAtOnce = 1000

/** Sends all ids as one list, in pieces, so that memory does not grow with them. */
export function sendIds(reply: FastifyReply, map: OrderMap): FastifyReply {
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
