import { createListeners } from './listeners.ts'
import type { PubSub } from '../../ports/pubsub.ts'

/** Pub/sub within this process. */
export function createMemoryPubSub(): PubSub {
  const listeners = createListeners()
  return {
    kind: 'memory',
    async publish(channel, text) {
      listeners.tell(channel, text)
    },
    async subscribe(channel, listener) {
      listeners.add(channel, listener)
      return { close: async () => void listeners.remove(channel, listener) }
    },
    async [Symbol.asyncDispose]() {
      listeners.clear()
    },
  }
}
