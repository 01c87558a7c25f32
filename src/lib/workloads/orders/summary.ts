import { z } from 'zod'

/** The fields of an order that the original responds with, and what its items cost together. */
export const SummarySchema = z
  .object({
    order_uid: z.string(),
    entry: z.string(),
    total_price: z.number().describe('the sum of total_price over its items'),
    customer_id: z.string(),
    track_number: z.string(),
    delivery_service: z.string(),
  })
  .meta({ title: 'OrderSummary' })

type Summary = z.infer<typeof SummarySchema>

/** Sums up an order from its JSON, which may be any: rows can be stored past the API. What is no text is empty then. */
export function summaryOf(uid: string, json: string): Summary {
  const order = fieldsOf(JSON.parse(json))
  const textOf = (name: string): string => (typeof order[name] === 'string' ? order[name] : '')
  const items = Array.isArray(order['items']) ? order['items'].map(fieldsOf) : []
  const prices = items.map(({ total_price: price }) => (typeof price === 'number' ? price : 0))
  return {
    order_uid: uid,
    entry: textOf('entry'),
    total_price: prices.reduce((sum, price) => sum + price, 0),
    customer_id: textOf('customer_id'),
    track_number: textOf('track_number'),
    delivery_service: textOf('delivery_service'),
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
