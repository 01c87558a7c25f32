import type { Database } from '../../ports/database.ts'
import type { SeedProgress } from '../../ports/workload.ts'
import { seedMissingRows } from '../shared/seed-batches.ts'
import { createOrderMaker } from './order-generator.ts'
import { orders } from './tables.ts'

/** Which orders there are to be. */
export interface SeedOptions {
  readonly seed: string
  readonly orders: number
}

const rowsAtOnce = 500

/** Stores the seed's orders that are missing, past the broker. Stops between two commits once `signal` aborts. */
export function insertMissingOrders(
  { store }: Database,
  options: SeedOptions,
  signal?: AbortSignal,
): AsyncGenerator<SeedProgress> {
  const maker = createOrderMaker(options.seed)
  const rowAt = (index: number) => ({
    absent: { table: orders, row: { order_uid: maker.uidAt(index), body: JSON.stringify(maker.at(index)) } },
  })
  return seedMissingRows(store, options.orders, rowsAtOnce, rowAt, signal)
}
