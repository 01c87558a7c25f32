import type { Pace } from '../../../audit/pace.ts'
import type { Store } from '../../../ports/database.ts'
import type { Violation } from '../../../ports/workload.ts'
import { messages, rooms } from '../chat/tables.ts'
import { posts } from '../post/tables.ts'
import { inBatches } from './batches.ts'

/** Holds every room against its messages and its post. */
export async function* auditRooms(store: Store, pace: Pace): AsyncGenerator<Violation> {
  for await (const batch of inBatches(store.scan(rooms), pace)) {
    const ids = batch.map(({ id }) => id)
    const known = new Set((await store.find(posts, { id: { in: ids } }, { columns: ['id'] })).map(({ id }) => id))
    const rows = await store.find(messages, { room_id: { in: ids } }, { columns: ['room_id', 'position'] })
    const positions = Map.groupBy(rows, ({ room_id: id }) => id)
    for (const { id, state, messages: expected } of batch) {
      const key = `room ${id}`
      const found = (positions.get(id) ?? []).map(({ position }) => position)
      if (state === 'open' && !known.has(id)) yield { kind: 'inconsistent', key, detail: 'a room of no post' }
      if (state === 'closed' && found.length > 0) {
        yield { kind: 'inconsistent', key, detail: `closed, but it still has ${found.length} messages` }
      }
      if (state === 'open' && !isComplete(found, expected)) {
        const detail = `${expected} messages were stored, ${found.length} are there, or their numbers have gaps`
        yield { kind: 'inconsistent', key, detail }
      }
    }
  }
}

/** Whether these are all numbers from 1 on. */
function isComplete(positions: readonly number[], count: number): boolean {
  const distinct = new Set(positions)
  return distinct.size === count && positions.length === count && positions.every((n) => n >= 1 && n <= count)
}
