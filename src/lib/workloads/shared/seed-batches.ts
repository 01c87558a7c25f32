import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SeedProgress } from '../../ports/workload.ts'
import type { Store } from '../../ports/database.ts'
import { applyIfAbsent, type ChangeIfAbsent } from '../../adapters/databases/apply-if-absent.ts'

/**
 * Stores `total` items in batches; `storeBatch` stores those of some indexes and returns how many were new. Stops between
 * two batches once `signal` aborts.
 */
export async function* seedBatches(
  total: number,
  batchSize: number,
  storeBatch: (from: number, to: number) => Promise<number>,
  signal?: AbortSignal,
): AsyncGenerator<SeedProgress> {
  let added = 0
  for (let from = 0; from < total && !signal?.aborted; from += batchSize) {
    const to = Math.min(from + batchSize, total)
    added += await storeBatch(from, to)
    yield { done: to, total, added }
    await nextTurn()
  }
}

/** Stores the rows that are not there yet, batch by batch, as `seedBatches` does; `rowAt` makes each when it is stored. */
export function seedMissingRows(
  store: Store,
  total: number,
  batchSize: number,
  rowAt: (index: number) => ChangeIfAbsent,
  signal?: AbortSignal,
): AsyncGenerator<SeedProgress> {
  const storeBatch = async (from: number, to: number) => {
    const rows = Array.from({ length: to - from }, (_, offset) => rowAt(from + offset))
    return (await applyIfAbsent(store, rows)).filter((result) => result === 'applied').length
  }
  return seedBatches(total, batchSize, storeBatch, signal)
}
