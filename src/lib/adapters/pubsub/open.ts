import { createMemoryPubSub } from './memory.ts'
import type { PubSub } from '../../ports/pubsub.ts'

/** Opens what belongs to the cache that is named so: a `redis://` URL, or this process alone. Throws `cache-unreachable`. */
export async function openPubSub(cache: string): Promise<PubSub> {
  if (cache === 'none' || cache === 'memory') return createMemoryPubSub()
  const { connectRedisPubSub } = await import('./redis.ts')
  return connectRedisPubSub(cache)
}
