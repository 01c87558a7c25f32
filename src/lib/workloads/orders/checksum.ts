import { hash } from 'node:crypto'
import type { OrderRow } from './tables.ts'

/** Count and checksum of a set of orders: the same for the same rows in whatever order. */
export interface OrderDigest {
  readonly count: number
  /** 64 bits as 16 hexadecimal digits. */
  readonly checksum: string
}

/** Adds orders up. */
export interface OrderDigester {
  add(row: OrderRow): void
  digest(): OrderDigest
}

/** Sums 64 bits of each order's SHA-1: a sum, unlike an exclusive or, also changes when a row is there twice. */
export function createOrderDigester(): OrderDigester {
  let count = 0
  let high = 0
  let low = 0
  return {
    add({ order_uid, body }) {
      const sum = hash('sha1', `${order_uid}\n${body}`, 'buffer')
      high = (high + sum.readUInt32LE(0)) >>> 0
      low = (low + sum.readUInt32LE(4)) >>> 0
      count++
    },
    digest: () => ({ count, checksum: hex(high) + hex(low) }),
  }
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}
