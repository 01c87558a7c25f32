import type { Database } from '../../ports/database.ts'
import type { SeedProgress } from '../../ports/workload.ts'
import { seedMissingRows } from '../shared/seed-batches.ts'
import { createOrderGenerator } from './order-generator.ts'
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
  const generator = createOrderGenerator(options.seed)
  const rowAt = (index: number) => ({
    absent: { table: orders, row: { order_uid: generator.uidAt(index), body: JSON.stringify(generator.at(index)) } },
  })
  return seedMissingRows(store, options.orders, rowsAtOnce, rowAt, signal)
}
