import { v7 as uuid } from 'uuid'
import type { OutboxRow } from '../../../src/lib/workloads/meetups/post/tables.ts'

/** An event that waits to be published, or was published at a time. */
export function outboxRow(aggregate: string, n: number, published = 0): OutboxRow {
  return {
    id: uuid(),
    type: 'post-created',
    aggregate,
    published_at: published,
    event: JSON.stringify({ aggregate, n, text: "a 'quoted' \\ 🎣" }),
  }
}
