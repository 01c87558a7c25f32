import { defineTable, integer, json, sha256Column, text, type RowOf } from '../shared/tables.ts'

export const maxUidLength = 64

export const maxReasonLength = 500

/** Bytes that are kept of a message that is no order: as many as NATS takes unless it is told otherwise. */
export const keptBytes = 1024 * 1024

/** Base64 writes three bytes as four characters. */
const maxBase64Length = Math.ceil(keptBytes / 3) * 4

export const orders = defineTable({
  name: 'orders',
  columns: {
    order_uid: text(maxUidLength),
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
    stored_at: integer,
  },
  primaryKey: 'id',
})

export type DeadLetter = RowOf<typeof deadLetters>
