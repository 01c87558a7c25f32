import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { parseExactJson } from '../../base/exact-json.ts'
import { fit, jsonSchemaOf } from '../../base/json-schema.ts'
import { maxReasonLength, maxUidLength } from './tables.ts'

const textOf = (maxLength: number) => z.string().max(maxLength)
const whole = z.int().min(0)

export const maxItems = 100

const Delivery = z.strictObject({
  name: textOf(200),
  phone: textOf(32),
  zip: textOf(32),
  city: textOf(200),
  address: textOf(500),
  region: textOf(200),
  email: textOf(254),
})

const Payment = z.strictObject({
  transaction: textOf(64),
  request_id: textOf(64),
  currency: z.string().length(3),
  provider: textOf(64),
  amount: whole,
  payment_dt: whole,
  bank: textOf(64),
  delivery_cost: whole,
  goods_total: whole,
  custom_fee: whole,
})

const Item = z.strictObject({
  chrt_id: whole,
  track_number: textOf(64),
  price: whole,
  rid: textOf(64),
  name: textOf(200),
  sale: whole,
  size: textOf(32),
  total_price: whole,
  nm_id: whole,
  brand: textOf(200),
  status: whole,
})

/** The well-known sample order of this exercise: every field of it, and no other. Money is in the smallest unit. */
export const OrderSchema = z
  .strictObject({
    order_uid: z
      .string()
      .regex(new RegExp(`^[A-Za-z0-9_-]{1,${maxUidLength}}$`))
      .describe('chosen by whoever publishes it'),
    track_number: textOf(64),
    entry: textOf(64),
    delivery: Delivery,
    payment: Payment,
    items: z.array(Item).max(maxItems),
    locale: textOf(16),
    internal_signature: textOf(500),
    customer_id: textOf(64),
    delivery_service: textOf(64),
    shardkey: textOf(16),
    sm_id: whole,
    date_created: z.iso.datetime({ offset: true }).max(40),
    oof_shard: textOf(16),
  })
  .meta({ title: 'Order' })

export type Order = z.infer<typeof OrderSchema>

/** An order as the original has it: some fields of the sample are left out, and it writes a list without items as null. */
export const PublishedOrderSchema = OrderSchema.partial({ delivery: true, date_created: true, oof_shard: true })
  .extend({
    payment: Payment.partial({ request_id: true, custom_fee: true }),
    items: z
      .array(Item.partial({ track_number: true, status: true }))
      .max(maxItems)
      .nullable(),
  })
  .meta({ title: 'Order of the original' })

type PublishedOrder = z.infer<typeof PublishedOrderSchema>

/** A time that nobody has set, as Go writes it; the original refuses it, too. */
const unsetTime = '0001-01-01T00:00:00Z'

/** An order as the original publishes it; Go writes times with up to nine digits of a second. */
const EnvelopeSchema = z
  .strictObject({
    CreatedAt: z.iso
      .datetime({ offset: true })
      .max(40)
      .refine((time) => time !== unsetTime, 'must be a time that somebody has set')
      .meta({ not: { const: unsetTime }, description: 'when it was published; checked, and not kept' }),
    Order: PublishedOrderSchema,
  })
  .meta({ title: 'Message of the original' })

/** The contract of a message as JSON Schema (draft 2020-12), published as `schema/order-message.v1.schema.json`. */
export function messageJsonSchema(): object {
  const message = z.union([OrderSchema, EnvelopeSchema]).meta({ title: 'Message on the subject orders' })
  const { $schema, ...schema } = jsonSchemaOf(message, 'draft-2020-12')
  return { $schema, $id: 'urn:rushbench:order-message:v1', ...schema }
}

/** A message that was read: an order, or why it is none. */
export type ReadMessage = { readonly order: PublishedOrder } | { readonly order: null; readonly reason: string }

/** The longest message that is looked into, in bytes. */
export const maxMessageBytes = 256 * 1024

/** Compiled ahead, they take a thirtieth of the time for what is an order. */
const compiled = z.compile(OrderSchema)
const compiledEnvelope = z.compile(EnvelopeSchema)

/** The escape by which JSON can hold what some database cannot. */
const suspicious = /\\u0000/

/** Reads a message, ours or as the original publishes it. Never throws, whatever it holds. */
export function readOrder(message: Buffer): ReadMessage {
  if (message.length > maxMessageBytes) return rejected(`the message is longer than ${maxMessageBytes} bytes`)
  if (!isUtf8(message)) return rejected('the message is not UTF-8')
  const text = message.toString('utf8')
  const { value, parseError } = parseExactJson(text)
  if (parseError)
    return rejected(`${parseError.field === 'body' ? 'the message' : parseError.field} ${parseError.reason}`)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return rejected('the message is not a JSON object')
  }
  const isEnveloped = Object.hasOwn(value, 'Order')
  const { misfit } = fit(isEnveloped ? compiledEnvelope : compiled, value, 'an order')
  if (misfit !== null) return rejected(misfit)
  const unstorable = suspicious.test(text) ? findUnstorable(value, '') : null
  if (unstorable !== null) return rejected(`${unstorable} has characters that are no text`)
  // As it was written, fields in their order.
  return { order: isEnveloped ? (value as z.infer<typeof EnvelopeSchema>).Order : (value as PublishedOrder) }
}

function rejected(reason: string): ReadMessage {
  return { order: null, reason: storable(reason) }
}

/** A reason names fields, which whoever sent the message has named. */
export function storable(reason: string): string {
  return reason.replaceAll('\0', '\uFFFD').slice(0, maxReasonLength).toWellFormed()
}

/** The path of the first text that not every database can store. */
function findUnstorable(value: unknown, path: string): string | null {
  if (typeof value === 'string') return value.includes('\0') ? path : null
  if (typeof value !== 'object' || value === null) return null
  for (const [name, part] of Object.entries(value)) {
    const found = findUnstorable(part, path === '' ? name : `${path}.${name}`)
    if (found !== null) return found
  }
  return null
}
