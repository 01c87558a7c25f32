import type { Database } from '../../ports/database.ts'
import type { SeedProgress } from '../../ports/workload.ts'
import { fillTables } from '../../seeding/filling/fill.ts'
import type { Filling } from '../../seeding/filling/filling.ts'

/** Settings by which tables are filled. */
export interface FillingOptions {
  readonly seed: string
  readonly connections: number
}

/** Fills tables in blocks, as a workload's `seed` does; does nothing where they are filled. */
export async function* seedFilling(
  database: Database,
  filling: Filling,
  { seed, connections }: FillingOptions,
  signal?: AbortSignal,
): AsyncGenerator<SeedProgress> {
  let progress = { done: 0, total: 0 }
  let moved = Promise.withResolvers<void>()
  const filled = fillTables(database, filling, {
    seed,
    connections: database.traits.concurrentWriters ? connections : 1,
    signal,
    onProgress(latest) {
      progress = latest
      moved.resolve()
    },
  })
  let isOver = false
  const over = filled.then(
    () => (isOver = true),
    () => (isOver = true),
  )
  for (;;) {
    await Promise.race([over, moved.promise])
    if (isOver) break
    moved = Promise.withResolvers()
    yield { ...progress, added: progress.done }
  }
  const { rows, done, added } = await filled
  yield { done, total: rows, added }
}
