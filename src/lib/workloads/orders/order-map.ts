import type { Database } from '../../ports/database.ts'
import { createOrderDigester, type OrderDigest } from './checksum.ts'
import { orders } from './tables.ts'

/** Every order of the table, in memory. */
export interface OrderMap {
  /** The order as JSON, as the database gives it. */
  get(uid: string): string | undefined
  readonly size: number
  /** Ids in the order in which this map learnt of them. */
  page(offset: number, limit: number): readonly string[]
  digest(): OrderDigest
  /** Follows the table no more. */
  close(): Promise<void>
}

/** A map that is complete when it resolves, and learns of each new order soon after it is committed. */
export async function openOrderMap(database: Database, onError: (error: Error) => void): Promise<OrderMap> {
  const bodies = new Map<string, string>()
  const uids: string[] = []
  const digester = createOrderDigester()
  const watch = await database.watchInserts(orders, {
    knows: (key) => bodies.has(key as string),
    onRows(rows) {
      for (const row of rows) {
        bodies.set(row.order_uid, row.body)
        uids.push(row.order_uid)
        digester.add(row)
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
    digest: digester.digest,
    close: watch.close,
  }
}
