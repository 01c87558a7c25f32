import type { PubSub } from '../../ports/pubsub.ts'
import { createListeners } from './listeners.ts'

/** Opens what belongs to the cache that is named so: a `redis://` URL, or this process alone. Throws `cache-unreachable`. */
export async function openPubSub(cache: string): Promise<PubSub> {
  if (cache === 'none' || cache === 'memory') return createMemoryPubSub()
  const { connectRedisPubSub } = await import('./redis.ts')
  return connectRedisPubSub(cache)
}

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
