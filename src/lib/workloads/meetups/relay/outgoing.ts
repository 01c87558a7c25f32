import type { Outbox } from '../../shared/outbox/relay.ts'
import { topic } from '../events.ts'
import { outbox, type OutboxRow } from '../post/tables.ts'
import { leases } from './tables.ts'

/** The events that are to be published. A row is marked once it is, and stays: the audit holds what followed against it. */
export const outgoing: Outbox<OutboxRow> = {
  table: outbox,
  leases,
  topic,
  waiting: { published_at: 0 },
  messageOf: ({ aggregate, event }) => ({ key: aggregate, value: Buffer.from(event) }),
  async settle(store, ids) {
    await store.update(outbox, { id: { in: ids } }, { published_at: Date.now() })
  },
}
