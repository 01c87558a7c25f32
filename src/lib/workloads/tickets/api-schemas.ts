import { z } from 'zod'
import { integer } from '../../base/json-schema.ts'
import { maxLengths } from './receipt.ts'

const Sha256 = z.string().describe('SHA-256 of the receipt, in hexadecimal')
const Money = z.string().describe('with two decimals, such as 16.90')
const OrderId = z.string().describe('the number of the order')
const ReceivedAt = z.string().describe('when it came in, ISO 8601, UTC')
const Reason = z.string().describe('a word that programs can rely on')
const Next = z.string().describe('what to ask for after; null at the end').nullable()

export const StoredOrder = z
  .object({ id: OrderId, receipt: Sha256 })
  .meta({ title: 'StoredOrder', description: 'The receipt is stored as an order' })

export const KeptReceipt = z
  .object({
    receipt: Sha256,
    reason: Reason,
    line: integer.describe('where, from 1; 0 for the whole'),
    message: z.string(),
  })
  .meta({ title: 'KeptReceipt', description: 'The receipt could not be read, and is kept whole' })

export const OrderParams = z.object({
  id: z
    .string()
    .max(maxLengths.orderId)
    .regex(/^[0-9]+$/)
    .describe('the number of the order'),
})

export const OrderSchema = z
  .object({
    id: OrderId,
    receipt: Sha256,
    received_at: ReceivedAt,
    vat: Money,
    total: Money,
    lines: z.array(z.object({ product: z.string(), product_id: z.string(), price: Money })),
  })
  .meta({ title: 'Order' })

const pageQuery = (maximum: number) =>
  z.object({
    after: z
      .string()
      .max(maxLengths.productId)
      .regex(/^[\x21-\x7e]*$/)
      .default('')
      .describe('the last that was seen: what follows it is given'),
    limit: z.int().min(1).max(maximum).default(Math.min(maximum, 100)),
  })

export const ProductsQuery = pageQuery(1000)
/** A receipt may have 64 KiB. */
export const RejectedQuery = pageQuery(100)

export const ProductsPage = z.object({
  products: z.array(
    z
      .object({
        id: z.string(),
        name: z.string().describe('as the last receipt calls it'),
        price: Money.nullable().describe('on the last receipt; null where no receipt came since prices are kept'),
      })
      .meta({ title: 'Product' }),
  ),
  next: Next,
})

export const RejectedPage = z.object({
  rejected: z.array(
    z.object({
      ...KeptReceipt.shape,
      received_at: ReceivedAt,
      bytes: z.string().describe('the receipt as it was, in base64'),
    }),
  ),
  next: Next,
})
