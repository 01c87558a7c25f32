import { defineTable, integer, sha256Column, text } from '../shared/tables.ts'

/** An order as it is stored. */
export interface OrderRow {
  readonly order_uid: string
  /** The whole order as JSON. */
  readonly body: string
}

/** A message that is no order. */
export interface DeadLetter {
  /** SHA-256 of the message, so that one that comes again is stored once. */
  readonly id: string
  /** Why it is no order, with the field. */
  readonly reason: string
  /** The message as base64; its first `keptBytes` where it is longer. */
  readonly bytes: string
  /** When it was stored, ms since 1970. */
  readonly stored_at: number
}

/** The longest order_uid, in characters. */
export const maxUidLength = 64

/** The longest reason, in UTF-16 units. */
export const maxReasonLength = 500

/** Bytes that are kept of a message that is no order: as many as NATS takes unless it is told otherwise. */
export const keptBytes = 1024 * 1024

/** Base64 writes three bytes as four characters. */
const maxBase64Length = Math.ceil(keptBytes / 3) * 4

export const orders = defineTable<OrderRow>({
  name: 'orders',
  columns: { order_uid: text(maxUidLength), body: { type: 'json' } },
  primaryKey: 'order_uid',
  watched: true,
})

export const deadLetters = defineTable<DeadLetter>({
  name: 'order_dead_letters',
  columns: {
    id: sha256Column,
    reason: text(maxReasonLength),
    bytes: text(maxBase64Length),
    stored_at: integer,
  },
  primaryKey: 'id',
})
