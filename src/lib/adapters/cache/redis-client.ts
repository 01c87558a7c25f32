import { createClient } from 'redis'
import { readRedisUrl } from '../databases/redis/url.ts'
import { reasonOfTls } from '../databases/tls.ts'
import { redactUrl } from '../../base/redact-url.ts'
import { failure } from '../../base/errors/errors.ts'

/** Names in a Redis that others may use too begin with this. */
export const prefix = 'rushbench:'

/** Connects to what `--cache` names; a connection that is lost is made again. Throws `cache-unreachable`, and what `readRedisUrl` throws. */
export async function connectRedisClient(url: string) {
  const { options, socket } = readRedisUrl(url)
  let connected = false
  const client = createClient({
    ...options,
    disableOfflineQueue: true,
    socket: {
      ...socket,
      // The first connection must hold; a lost one is tried again for as long as the API runs.
      reconnectStrategy: (attempts) => (connected ? Math.min(attempts * 100, 2000) : false),
    },
  })
  // Errors of a lost connection reach the commands that were sent; without a listener they would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    connected = true
    return client
  } catch (error) {
    throw cacheUnreachable(url, error)
  }
}

/** What is said when Redis does not answer. */
export function cacheUnreachable(url: string, cause: unknown) {
  return failure('cache-unreachable', { url: redactUrl(url), reason: reasonOfTls(cause) }, cause)
}
