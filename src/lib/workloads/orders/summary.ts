import { z } from 'zod'

/** The fields of an order that the original responds with, and the price that it computes. */
export const SummarySchema = z
  .object({
    order_uid: z.string(),
    entry: z.string(),
    total_price: z.number().describe('amount and delivery_cost of its payment together'),
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
  const payment = fieldsOf(order['payment'])
  const numberOf = (name: string): number => (typeof payment[name] === 'number' ? payment[name] : 0)
  return {
    order_uid: uid,
    entry: textOf('entry'),
    total_price: numberOf('amount') + numberOf('delivery_cost'),
    customer_id: textOf('customer_id'),
    track_number: textOf('track_number'),
    delivery_service: textOf('delivery_service'),
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
