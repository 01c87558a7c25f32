import { defineTable, integer, sha256Column, text } from '../shared/tables.ts'
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

const orderId = text(maxLengths.orderId)
const productId = text(maxLengths.productId)
const product = text(maxLengths.product)

/** Digits of the position in the id of a line. */
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

export const orders = defineTable<OrderRow>({
  name: 'ticket_orders',
  columns: {
    id: orderId,
    receipt: sha256Column,
    vat_cents: integer,
    total_cents: integer,
    line_count: integer,
    received_at: integer,
  },
  primaryKey: 'id',
})

export const lines = defineTable<LineRow>({
  name: 'ticket_lines',
  columns: {
    id: text(maxLengths.orderId + 1 + positionDigits),
    order_id: orderId,
    position: integer,
    product,
    product_id: productId,
    price_cents: integer,
  },
  primaryKey: 'id',
  references: [{ column: 'order_id', table: orders.name, key: 'id' }],
})

export const products = defineTable<ProductRow>({
  name: 'ticket_products',
  columns: { id: productId, name: product },
  primaryKey: 'id',
})

export const rejected = defineTable<RejectedRow>({
  name: 'ticket_rejected',
  columns: {
    id: sha256Column,
    reason: text(40),
    line: integer,
    received_at: integer,
    bytes: text(4 * Math.ceil(maxReceiptBytes / 3)),
  },
  primaryKey: 'id',
})
