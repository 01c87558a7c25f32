import type { Store } from '../../../ports/database.ts'
import type { Blobs } from './blobs.ts'
import { images } from './tables.ts'

/** Bytes without a row that are so old belong to no upload that is under way, ms. */
const abandonedMs = 3_600_000

/** Names looked for at once. */
const batchSize = 500

/** Removes bytes that no row tells of, which processes left that were killed in the middle of an upload; how many. */
export async function removeAbandoned(
  store: Store,
  blobs: Blobs,
  signal: AbortSignal,
  now = Date.now(),
): Promise<number> {
  let removed = 0
  let batch: string[] = []
  const look = async (): Promise<void> => {
    const known = await store.find(images, { id: { in: batch } }, { columns: ['id'] })
    const kept = new Set(known.map(({ id }) => id))
    const abandoned = batch.filter((name) => !kept.has(name))
    for (const name of abandoned) await blobs.remove(name)
    removed += abandoned.length
    batch = []
  }
  for await (const { name, writtenAt } of blobs.list()) {
    if (signal.aborted) return removed
    if (now - writtenAt < abandonedMs) continue
    batch.push(name)
    if (batch.length >= batchSize) await look()
  }
  await look()
  return removed
}
