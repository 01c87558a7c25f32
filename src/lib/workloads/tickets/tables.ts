import { defineTable, integer, sha256Column, text, type RowOf } from '../shared/tables.ts'
import { maxLengths, maxReceiptBytes } from './receipt.ts'

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

/** A receipt that could be read. Money in cents. */
export const orders = defineTable({
  name: 'ticket_orders',
  columns: {
    id: orderId,
    /** SHA-256 of the receipt's bytes, in hexadecimal. */
    receipt: sha256Column,
    vat_cents: integer,
    total_cents: integer,
    /** So that a line that is missing is noticed. */
    line_count: integer,
    /** Ms from 1970. */
    received_at: integer,
  },
  primaryKey: 'id',
})

export const lines = defineTable({
  name: 'ticket_lines',
  columns: {
    /** As `lineId` makes it. */
    id: text(maxLengths.orderId + 1 + positionDigits),
    order_id: orderId,
    /** From 1. */
    position: integer,
    product,
    product_id: productId,
    price_cents: integer,
  },
  primaryKey: 'id',
  references: [{ column: 'order_id', table: orders.name, key: 'id' }],
})

export type LineRow = RowOf<typeof lines>

/** The price of a product that was in the catalogue before prices were. */
export const unknownPrice = -1

export const products = defineTable({
  name: 'ticket_products',
  columns: {
    id: productId,
    /** As it was called on the last receipt. */
    name: product,
    /** On the last receipt; `unknownPrice` where none has come since prices are kept. */
    price_cents: integer,
  },
  primaryKey: 'id',
})

export type ProductRow = RowOf<typeof products>

/** A receipt that could not be read, whole. */
export const rejected = defineTable({
  name: 'ticket_rejected',
  columns: {
    /** SHA-256 of its bytes, in hexadecimal. */
    id: sha256Column,
    reason: text(40),
    /** Where in the receipt, from 1; 0 for the whole. */
    line: integer,
    /** Ms from 1970. */
    received_at: integer,
    /** In base64, since a text cannot hold whatever bytes. */
    bytes: text(4 * Math.ceil(maxReceiptBytes / 3)),
  },
  primaryKey: 'id',
})
