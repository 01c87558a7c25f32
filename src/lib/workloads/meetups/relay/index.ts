import { startRelay } from '../../shared/outbox/relay.ts'
import { outboxChannel } from '../events.ts'
import type { StartService } from '../services.ts'
import { outgoing } from './outgoing.ts'

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
