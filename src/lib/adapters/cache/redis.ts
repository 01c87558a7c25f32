import { RESP_TYPES } from 'redis'
import type { Cache } from '../../ports/cache.ts'
import { connectCacheClient, prefix } from './redis-client.ts'

/**
 * A cache that several API processes share. While it is away, every look-up is a miss, so that the
 * API goes on from the database. Throws `cache-unreachable` when it is not there at first.
 */
export async function connectRedisCache(url: string): Promise<Cache> {
  const client = (await connectCacheClient(url)).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
  return {
    kind: 'redis',
    get: async (key) => client.get(prefix + key).catch(() => null),
    set: async (key, bytes, ttlMs) => {
      await client.set(prefix + key, bytes, { expiration: { type: 'PX', value: Math.ceil(ttlMs) } }).catch(() => null)
    },
    [Symbol.asyncDispose]: async () => {
      await client.close()
    },
  }
}
