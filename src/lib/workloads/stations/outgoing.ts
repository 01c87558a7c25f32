import type { Outbox } from '../shared/outbox/relay.ts'
import { topic } from './messages.ts'
import { leases, outbox, type Outgoing } from './tables.ts'

/**
 * The bookings that are to be published. A row is removed once it is: marked rows would make the table grow with every
 * booking, which on Redis is memory.
 */
export const outgoing: Outbox<Outgoing> = {
  table: outbox,
  leases,
  topic,
  waiting: {},
  messageOf: ({ person, message }) => ({ key: person, value: Buffer.from(message) }),
  async settle(store, ids) {
    await store.remove(outbox, { id: { in: ids } })
  },
}
