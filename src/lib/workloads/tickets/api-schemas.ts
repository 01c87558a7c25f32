import { Type } from 'typebox'
import { maxLengths } from './receipt.ts'

const Sha256 = Type.String({ description: 'SHA-256 of the receipt, in hexadecimal' })
const Money = Type.String({ description: 'with two decimals, such as 16.90' })
const OrderId = Type.String({ description: 'the number of the order' })
const ReceivedAt = Type.String({ description: 'when it came in, ISO 8601, UTC' })
const Reason = Type.String({ description: 'a word that programs can rely on' })
const Next = Type.Union([Type.String(), Type.Null()], { description: 'what to ask for after; null at the end' })

export const StoredOrder = Type.Object(
  { id: OrderId, receipt: Sha256 },
  { title: 'StoredOrder', description: 'The receipt is stored as an order' },
)

export const KeptReceipt = Type.Object(
  {
    receipt: Sha256,
    reason: Reason,
    line: Type.Integer({ description: 'where, from 1; 0 for the whole' }),
    message: Type.String(),
  },
  { title: 'KeptReceipt', description: 'The receipt could not be read, and is kept whole' },
)

export const OrderParams = Type.Object({
  id: Type.String({ pattern: '^[0-9]+$', maxLength: maxLengths.orderId, description: 'the number of the order' }),
})

export const OrderSchema = Type.Object(
  {
    id: OrderId,
    receipt: Sha256,
    received_at: ReceivedAt,
    vat: Money,
    total: Money,
    lines: Type.Array(Type.Object({ product: Type.String(), product_id: Type.String(), price: Money })),
  },
  { title: 'Order' },
)

const pageQuery = (maximum: number) =>
  Type.Object({
    after: Type.String({
      default: '',
      pattern: String.raw`^[\x21-\x7e]*$`,
      maxLength: maxLengths.productId,
      description: 'the last that was seen: what follows it is given',
    }),
    limit: Type.Integer({ minimum: 1, maximum, default: Math.min(maximum, 100) }),
  })

export const ProductsQuery = pageQuery(1000)
/** A receipt may have 64 KiB. */
export const RejectedQuery = pageQuery(100)

export const ProductsPage = Type.Object({
  products: Type.Array(Type.Object({ id: Type.String(), name: Type.String() }, { title: 'Product' })),
  next: Next,
})

export const RejectedPage = Type.Object({
  rejected: Type.Array(
    Type.Object({
      ...KeptReceipt.properties,
      received_at: ReceivedAt,
      bytes: Type.String({ description: 'the receipt as it was, in base64' }),
    }),
  ),
  next: Next,
})
