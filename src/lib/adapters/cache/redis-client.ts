import { connectRedisClient } from '../databases/redis/client.ts'
import { readRedisUrl } from '../databases/redis/url.ts'
import { reasonOfTls } from '../databases/tls.ts'
import { redactUrl } from '../../base/redact-url.ts'
import { failure } from '../../base/errors/errors.ts'

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

/** The error for a Redis that does not answer. */
export function cacheUnreachable(url: string, cause: unknown) {
  return failure('cache-unreachable', { url: redactUrl(url), reason: reasonOfTls(cause) }, cause)
}
