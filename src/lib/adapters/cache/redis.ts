import { RESP_TYPES } from 'redis'
import type { Cache } from '../../ports/cache.ts'
import { connectRedisClient } from '../databases/redis/client.ts'
import { readRedisUrl } from '../databases/redis/url.ts'
import { reasonOfTls } from '../databases/tls.ts'
import { redactUrl } from '../../base/redact-url.ts'
import { failure } from '../../base/errors/errors.ts'

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

/** Names in a Redis that others may use too begin with this. */
export const prefix = 'rushbench:'

const longestPauseMs = 2000

/** Connects to the server that `--cache` names. Throws `cache-unreachable`, and what `readRedisUrl` throws. */
export async function connectCacheClient(url: string) {
  const server = readRedisUrl(url)
  try {
    return await connectRedisClient(server, { longestPauseMs })
  } catch (error) {
    throw cacheUnreachable(url, error)
  }
}

/** The error for a Redis that does not respond. */
export function cacheUnreachable(url: string, cause: unknown) {
  return failure('cache-unreachable', { url: redactUrl(url), reason: reasonOfTls(cause) }, cause)
}
