import type { Table } from '../../ports/database.ts'
import { maxLengths } from './order.ts'
import { maxReceiptBytes } from './receipt.ts'

/** A receipt that could be read. Money in cents. */
export interface OrderRow {
  readonly id: string
  /** SHA-256 of the receipt's bytes, in hexadecimal. */
  readonly receipt: string
  readonly vat_cents: number
  readonly total_cents: number
  /** So that a line that is missing is noticed. */
  readonly line_count: number
  /** Ms from 1970. */
  readonly received_at: number
}

/** One product on a receipt. */
export interface LineRow {
  /** As `lineId` makes it. */
  readonly id: string
  readonly order_id: string
  /** From 1. */
  readonly position: number
  readonly product: string
  readonly product_id: string
  readonly price_cents: number
}

/** A product that stands on a receipt. */
export interface ProductRow {
  /** Its `product_id`. */
  readonly id: string
  /** As it was called when it was first seen. */
  readonly name: string
}

/** A receipt that could not be read, whole. */
export interface RejectedRow {
  /** SHA-256 of its bytes, in hexadecimal. */
  readonly id: string
  /** One of `reasons`. */
  readonly reason: string
  /** Where in the receipt, from 1; 0 for the whole. */
  readonly line: number
  /** Ms from 1970. */
  readonly received_at: number
  /** In base64, since a text cannot hold whatever bytes. */
  readonly bytes: string
}

const integer = { type: 'integer' } as const
const sha256 = { type: 'ascii', length: 64 } as const
const orderId = { type: 'text', maxLength: maxLengths.orderId } as const
const productId = { type: 'text', maxLength: maxLengths.productId } as const
const product = { type: 'text', maxLength: maxLengths.product } as const

/** Of the position in the id of a line. */
const positionDigits = 4

/**
 * The key of a line. A hyphen comes before all digits, so that lines stand in the order of their orders: `12-0001`,
 * `12-0002`, `123-0001`.
 */
export function lineId(order: string, position: number): string {
  return `${order}-${String(position).padStart(positionDigits, '0')}`
}

/** The conditions on the id of the lines of an order. */
export function linesOf(order: string): { readonly id: { readonly gt: string; readonly lt: string } } {
  return { id: { gt: `${order}-`, lt: `${order}.` } }
}

export const orders: Table<OrderRow> = {
  name: 'ticket_orders',
  columns: {
    id: orderId,
    receipt: sha256,
    vat_cents: integer,
    total_cents: integer,
    line_count: integer,
    received_at: integer,
  },
  primaryKey: 'id',
  unique: [],
  indexes: [],
  references: [],
}

export const lines: Table<LineRow> = {
  name: 'ticket_lines',
  columns: {
    id: { type: 'text', maxLength: maxLengths.orderId + 1 + positionDigits },
    order_id: orderId,
    position: integer,
    product,
    product_id: productId,
    price_cents: integer,
  },
  primaryKey: 'id',
  unique: [],
  indexes: [],
  references: [{ column: 'order_id', table: orders.name, key: 'id' }],
}

export const products: Table<ProductRow> = {
  name: 'ticket_products',
  columns: { id: productId, name: product },
  primaryKey: 'id',
  unique: [],
  indexes: [],
  references: [],
}

export const rejected: Table<RejectedRow> = {
  name: 'ticket_rejected',
  columns: {
    id: sha256,
    reason: { type: 'text', maxLength: 40 },
    line: integer,
    received_at: integer,
    bytes: { type: 'text', maxLength: 4 * Math.ceil(maxReceiptBytes / 3) },
  },
  primaryKey: 'id',
  unique: [],
  indexes: [],
  references: [],
}
