import { MultiErrorReply, RESP_TYPES } from 'redis'
import { connectRedisClient } from '../adapters/databases/redis/client.ts'
import { readRedisUrl } from '../adapters/databases/redis/url.ts'
import { reasonOfTls } from '../adapters/databases/tls.ts'
import { redactUrl } from '../base/redact-url.ts'
import { failure, reasonOf } from '../base/errors/errors.ts'

const longestPauseMs = 500

/** A connection to the queue's server. What it reads are bytes. */
export type QueueClient = Awaited<ReturnType<typeof connectQueue>>

/** Connects for messages, which are bytes. Throws `queue-unreachable`. */
export async function connectQueue(url: string) {
  return (await connect(url, false)).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
}

/** Connects for BullMQ, whose commands wait while the server is away. Throws `queue-unreachable`. */
export async function connectPlain(url: string) {
  return connect(url, true)
}

async function connect(url: string, offlineQueue: boolean) {
  const server = readRedisUrl(url)
  try {
    return await connectRedisClient(server, { longestPauseMs, offlineQueue })
  } catch (error) {
    throw failure('queue-unreachable', { url: redactUrl(url), reason: reasonOfTls(error) }, error)
  }
}

/** Why commands failed: of several that were sent together the client says only how many, and here it is the first's reason. */
export function whyFailed(error: unknown): string {
  const [first] = error instanceof MultiErrorReply ? error.errors() : []
  return reasonOf(first ?? error)
}
