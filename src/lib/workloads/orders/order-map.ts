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

/** A map that is complete when it resolves, and learns of each order that is stored or removed soon after that. */
export async function openOrderMap(database: Database, onError: (error: Error) => void): Promise<OrderMap> {
  const bodies = new Map<string, string>()
  let uids: string[] = []
  /** Ids in the list whose orders are gone: they are taken out all at once, when it is read. */
  const stale = new Set<string>()
  const sum = createChecksum()
  const watch = await database.watchRows(orders, {
    known: bodies,
    onRows(rows) {
      for (const row of rows) {
        if (stale.has(row.order_uid)) tidy()
        bodies.set(row.order_uid, row.body)
        uids.push(row.order_uid)
        sum.add(row)
      }
    },
    onGone(keys) {
      for (const uid of keys as readonly string[]) {
        sum.remove({ order_uid: uid, body: bodies.get(uid) as string })
        bodies.delete(uid)
        stale.add(uid)
      }
    },
    onError,
  })
  function tidy(): void {
    if (stale.size > 0) uids = uids.filter((uid) => !stale.has(uid))
    stale.clear()
  }
  return {
    get: (uid) => bodies.get(uid),
    get size() {
      return bodies.size
    },
    page(offset, limit) {
      tidy()
      return uids.slice(offset, offset + limit)
    },
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
  /** Takes back a row that was added. */
  remove(row: OrderRow): void
  total(): OrderChecksum
}

/** Sums 64 bits of each order's SHA-1: a sum, unlike an exclusive or, also changes when a row is there twice. */
export function createChecksum(): ChecksumBuilder {
  let count = 0
  let high = 0
  let low = 0
  function change({ order_uid, body }: OrderRow, by: 1 | -1): void {
    const sum = hash('sha1', `${order_uid}\n${body}`, 'buffer')
    high = (high + by * sum.readUInt32LE(0)) >>> 0
    low = (low + by * sum.readUInt32LE(4)) >>> 0
    count += by
  }
  return {
    add: (row) => change(row, 1),
    remove: (row) => change(row, -1),
    total: () => ({ count, checksum: hex(high) + hex(low) }),
  }
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}
