import type { Database } from '../../ports/database.ts'
import type { SeedProgress } from '../../ports/workload.ts'
import { fillTables } from '../../seeding/filling/fill.ts'
import type { Filling } from '../../seeding/filling/filling.ts'

/** Settings of every filling. */
export interface FillSettings {
  readonly seed: string
  readonly connections: number
}

/** Fills a workload's tables in blocks, as its `seed` does. Throws what `fillTables` throws. */
export async function* seedFilling(
  database: Database,
  filling: Filling,
  { seed, connections }: FillSettings,
  signal?: AbortSignal,
): AsyncGenerator<SeedProgress> {
  let progress: SeedProgress | null = null
  let told = Promise.withResolvers<void>()
  const filled = fillTables(database, filling, {
    seed,
    connections,
    signal,
    onProgress({ done, total }) {
      progress = { done, total, added: 0 }
      told.resolve()
    },
  })
  // Only the last of several blocks that are stored meanwhile is told of.
  const ended = filled.then(
    () => true,
    () => true,
  )
  while (!(await Promise.race([ended, told.promise.then(() => false)]))) {
    told = Promise.withResolvers()
    if (progress) yield progress
  }
  const { rows, added, done } = await filled
  yield { done, total: rows, added }
}
