import { createClient } from 'redis'
import type { RedisUrl } from './url.ts'

/** How a client behaves while its server is away. */
interface ClientOptions {
  /** The longest pause between two tries to connect again. */
  readonly longestPauseMs: number
  /** Whether commands wait for the server to come back; else they are refused. */
  readonly offlineQueue?: boolean
}

const firstPauseMs = 50

/**
 * Connects to a Redis server: a first connection that fails is given up, one that is lost later is made again for as long
 * as the client is open. Rejects with the driver's error.
 */
export async function connectRedisClient(
  { options, socket }: RedisUrl,
  { longestPauseMs, offlineQueue = false }: ClientOptions,
) {
  let connected = false
  const client = createClient({
    ...options,
    disableOfflineQueue: !offlineQueue,
    socket: {
      ...socket,
      reconnectStrategy: (tries) => (connected ? Math.min(firstPauseMs * 2 ** tries, longestPauseMs) : false),
    },
  })
  // Errors of a lost connection reach the commands that were sent; without a listener they would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    connected = true
    return client
  } catch (error) {
    client.destroy()
    throw error
  }
}
