import { startRelay, type Outbox } from '../shared/outbox/relay.ts'
import { outboxChannel, topic } from './events.ts'
import type { StartService } from './services.ts'
import { outbox, type OutboxRow } from './post/tables.ts'
import { leaseTable } from '../shared/outbox/lease.ts'

/** The lease by which one of several processes publishes from the outbox. */
export const leases = leaseTable('meetup_relay_leases')

export const relayTables = [leases]

/** Starts the relay, also where the broker is away. Throws `cache-unreachable`. */
export const startRelayService: StartService = async ({ database: { store }, openBroker, openPubSub, onError }) => {
  const pubsub = await openPubSub()
  const relay = startRelay({ store, outbox: outgoing, openBroker, onError, onPublished: () => {} })
  const subscription = await pubsub.subscribe(outboxChannel, { onMessage: relay.wake, onGap: relay.wake })
  return {
    contracts: [],
    async close() {
      await subscription.close()
      await relay.close()
    },
  }
}

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
