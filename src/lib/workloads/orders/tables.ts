import { defineTable, integer, json, sha256Column, text, type RowOf } from '../shared/tables.ts'

/** The longest order_uid, in characters. */
export const maxUidLength = 64

/** The longest reason, in UTF-16 units. */
export const maxReasonLength = 500

/** Bytes that are kept of a message that is no order: as many as NATS takes unless it is told otherwise. */
export const keptBytes = 1024 * 1024

/** Base64 writes three bytes as four characters. */
const maxBase64Length = Math.ceil(keptBytes / 3) * 4

/** An order as it is stored. */
export const orders = defineTable({
  name: 'orders',
  columns: {
    order_uid: text(maxUidLength),
    /** The whole order as JSON. */
    body: json,
  },
  primaryKey: 'order_uid',
  watched: true,
})

export type OrderRow = RowOf<typeof orders>

/** A message that is no order. */
export const deadLetters = defineTable({
  name: 'order_dead_letters',
  columns: {
    /** SHA-256 of the message, so that one that comes again is stored once. */
    id: sha256Column,
    /** Why it is no order, with the field. */
    reason: text(maxReasonLength),
    /** The message as base64; its first `keptBytes` where it is longer. */
    bytes: text(maxBase64Length),
    /** When it was stored, ms since 1970. */
    stored_at: integer,
  },
  primaryKey: 'id',
})

export type DeadLetter = RowOf<typeof deadLetters>
