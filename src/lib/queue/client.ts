import { createClient, RESP_TYPES } from 'redis'
import { readRedisUrl } from '../adapters/databases/redis/url.ts'
import { reasonOfTls } from '../adapters/databases/tls.ts'
import { redactUrl } from '../base/redact-url.ts'
import { failure } from '../base/errors/errors.ts'

const longestPauseMs = 500

/** A connection to the queue's server. What it reads are bytes. */
export type QueueClient = Awaited<ReturnType<typeof connectQueue>>

/** Connects for messages, which are bytes. Throws `queue-unreachable`. */
export async function connectQueue(url: string) {
  return (await connect(url, true)).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
}

/** Connects for BullMQ, whose commands wait while the server is away. Throws `queue-unreachable`. */
export async function connectPlain(url: string) {
  return connect(url, false)
}

/** A connection that was lost later is tried again for as long as it is open. */
async function connect(url: string, disableOfflineQueue: boolean) {
  const { options, socket } = readRedisUrl(url)
  let connected = false
  try {
    const client = createClient({
      ...options,
      disableOfflineQueue,
      socket: {
        ...socket,
        reconnectStrategy: (tries) => (connected ? Math.min(50 * 2 ** tries, longestPauseMs) : false),
      },
    })
    // Errors of a lost connection reach the commands that were sent; without a listener they would end the process.
    client.on('error', () => {})
    await client.connect()
    connected = true
    return client
  } catch (error) {
    throw failure('queue-unreachable', { url: redactUrl(url), reason: reasonOfTls(error) }, error)
  }
}
