import { setImmediate as nextTurn } from 'node:timers/promises'
import { applyIfAbsent } from '../../adapters/databases/apply-if-absent.ts'
import type { Database } from '../../ports/database.ts'
import { createOrderMaker } from './made-orders.ts'
import { orders } from './tables.ts'
import type { Progress } from '../../base/progress.ts'

/** Which orders there are to be. */
export interface SeedOptions {
  readonly seed: string
  readonly orders: number
}

const ordersAtOnce = 500

/** Stores the seed's orders that are missing, past the broker. Stops between two commits once `signal` aborts. */
export async function* insertMissingOrders(
  database: Database,
  options: SeedOptions,
  signal?: AbortSignal,
): AsyncGenerator<Progress & { readonly added: number }> {
  const maker = createOrderMaker(options.seed)
  const total = options.orders
  let added = 0
  for (let at = 0; at < total && !signal?.aborted; at += ordersAtOnce) {
    const rows = Array.from({ length: Math.min(ordersAtOnce, total - at) }, (_, index) => ({
      order_uid: maker.uidAt(at + index),
      body: JSON.stringify(maker.at(at + index)),
    }))
    const claims = rows.map((row) => ({ guard: null, insert: [], absent: { table: orders, row } }))
    added += (await applyIfAbsent(database.store, claims)).filter((result) => result === 'applied').length
    yield { done: at + rows.length, total, added }
    await nextTurn()
  }
}
