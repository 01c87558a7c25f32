import type { Counter, KeyRange, Store } from '../../../ports/database.ts'
import type { RedisConnection } from './connection.ts'
import { rowsPerWrite, write, type PlannedChange } from './write.ts'

/**
 * Sets the counters of the parents in `range` to capacity - children. The rows are counted first: whoever books in the
 * range at the same time is not in the count.
 */
export async function recount(
  connection: RedisConnection,
  store: Store,
  { parent, counter, capacity, child, reference }: Counter,
  { from, to }: KeyRange,
): Promise<void> {
  const children = await store.countBy(child, reference)
  const parents = (await store.find(parent, { [parent.primaryKey]: { gte: from, lte: to } })) as Record<
    string,
    number
  >[]
  const changes: PlannedChange[] = parents.flatMap((row) => {
    const key = row[parent.primaryKey] as number
    const value = (row[capacity] as number) - (children.get(key) ?? 0)
    if (row[counter] === value) return []
    const terms = [[parent.primaryKey, 'eq', String(key)] as const]
    return [{ guard: { table: parent, terms, patch: [[counter, 'set', String(value)]] }, insert: [] }]
  })
  for (let at = 0; at < changes.length; at += rowsPerWrite)
    await write(connection, changes.slice(at, at + rowsPerWrite))
}
