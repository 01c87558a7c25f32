import type { Cache } from '../../ports/cache.ts'
import { createMemoryCache, noCache } from './memory.ts'

/** Opens `none`, `memory` or a `redis://` URL. Throws `cache-unreachable`. */
export async function openCache(setting: string): Promise<Cache> {
  if (setting === 'none') return noCache
  if (setting === 'memory') return createMemoryCache()
  const { connectRedisCache } = await import('./redis.ts')
  return connectRedisCache(setting)
}
