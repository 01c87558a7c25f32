import type { Database } from '../../ports/database.ts'
import { orders, type OrderRow } from './tables.ts'
import { hash } from 'node:crypto'

/** Every order of the table, in memory. */
export interface OrderMap {
  /** The order as JSON, as the database gives it. */
  get(uid: string): string | undefined
  readonly size: number
  /** Ids in the order in which this map learnt of them. */
  page(offset: number, limit: number): readonly string[]
  /** The ids of now, to be gone through while the map goes on. */
  ids(): Iterable<string>
  checksum(): OrderChecksum
  /** Stops following the table. */
  close(): Promise<void>
}

/** A map that is complete when it resolves, and learns of each new order soon after it is committed. */
export async function openOrderMap(database: Database, onError: (error: Error) => void): Promise<OrderMap> {
  const bodies = new Map<string, string>()
  const uids: string[] = []
  const sum = createChecksum()
  const watch = await database.watchRows(orders, {
    knows: (key) => bodies.has(key as string),
    onRows(rows) {
      for (const row of rows) {
        bodies.set(row.order_uid, row.body)
        uids.push(row.order_uid)
        sum.add(row)
      }
    },
    onError,
  })
  return {
    get: (uid) => bodies.get(uid),
    get size() {
      return uids.length
    },
    page: (offset, limit) => uids.slice(offset, offset + limit),
    ids: () => take(bodies.keys(), bodies.size),
    checksum: sum.total,
    close: watch.close,
  }
}

function* take<T>(items: Iterator<T>, count: number): Generator<T> {
  for (let taken = 0; taken < count; taken++) {
    const next = items.next()
    if (next.done) return
    yield next.value
  }
}

/** Count and checksum of a set of orders: the same for the same rows in whatever order. */
export interface OrderChecksum {
  readonly count: number
  /** 64 bits as 16 hexadecimal digits. */
  readonly checksum: string
}

export interface ChecksumBuilder {
  add(row: OrderRow): void
  total(): OrderChecksum
}

/** Sums 64 bits of each order's SHA-1: a sum, unlike an exclusive or, also changes when a row is there twice. */
export function createChecksum(): ChecksumBuilder {
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
    total: () => ({ count, checksum: hex(high) + hex(low) }),
  }
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}
