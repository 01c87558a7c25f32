import { createClient, RESP_TYPES } from 'redis'
import { redactUrl } from '../databases/url.ts'
import { failure, reasonOf } from '../errors.ts'
import type { Cache } from './cache.ts'

/** Keys in a Redis that others may use too. */
const prefix = 'rushbench:'
const connectTimeoutMs = 5000

/**
 * A cache that several API processes share. While it is away, every look-up is a miss, so that the
 * API goes on from the database. Throws `cache-unreachable` when it is not there at first.
 */
export async function connectRedisCache(url: string): Promise<Cache> {
  let connected = false
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: {
      connectTimeout: connectTimeoutMs,
      // The first connection must hold; a lost one is tried again for as long as the API runs.
      reconnectStrategy: (attempts) => (connected ? Math.min(attempts * 100, 2000) : false),
    },
  }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
  // Errors of a lost connection reach the commands that were sent; without a listener they would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    connected = true
  } catch (error) {
    throw failure('cache-unreachable', { url: redactUrl(url), reason: reasonOf(error) }, error)
  }
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
