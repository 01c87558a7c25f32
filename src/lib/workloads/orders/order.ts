import { Type, type Static } from 'typebox'
import { maxUidLength } from './tables.ts'

const text = (maxLength: number) => Type.String({ maxLength })
const whole = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const strict = { additionalProperties: false } as const

/** The most items of an order. */
export const maxItems = 100

const Delivery = Type.Object(
  {
    name: text(200),
    phone: text(32),
    zip: text(32),
    city: text(200),
    address: text(500),
    region: text(200),
    email: text(254),
  },
  strict,
)

const Payment = Type.Object(
  {
    transaction: text(64),
    request_id: text(64),
    currency: Type.String({ minLength: 3, maxLength: 3 }),
    provider: text(64),
    amount: whole,
    payment_dt: whole,
    bank: text(64),
    delivery_cost: whole,
    goods_total: whole,
    custom_fee: whole,
  },
  strict,
)

const Item = Type.Object(
  {
    chrt_id: whole,
    track_number: text(64),
    price: whole,
    rid: text(64),
    name: text(200),
    sale: whole,
    size: text(32),
    total_price: whole,
    nm_id: whole,
    brand: text(200),
    status: whole,
  },
  strict,
)

/** The well-known sample order of this exercise: every field of it, and no other. Money is in the smallest unit. */
export const OrderSchema = Type.Object(
  {
    order_uid: Type.String({
      pattern: `^[A-Za-z0-9_-]{1,${maxUidLength}}$`,
      description: 'chosen by whoever publishes it',
    }),
    track_number: text(64),
    entry: text(64),
    delivery: Delivery,
    payment: Payment,
    items: Type.Array(Item, { maxItems }),
    locale: text(16),
    internal_signature: text(500),
    customer_id: text(64),
    delivery_service: text(64),
    shardkey: text(16),
    sm_id: whole,
    date_created: Type.String({ format: 'date-time', maxLength: 40 }),
    oof_shard: text(16),
  },
  { ...strict, title: 'Order' },
)

/** An order. */
export type Order = Static<typeof OrderSchema>
