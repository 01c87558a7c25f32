import { createClient } from 'redis'
import type { RedisUrl } from './url.ts'

/** How a client behaves while its server is away. */
interface ClientOptions {
  /** The longest pause between two tries to connect again. */
  readonly longestPauseMs: number
  /** Whether commands wait for the server to come back; else they are refused. */
  readonly offlineQueue?: boolean
  /** How long a server may take to answer the first greeting, ms: one that was stopped still takes connections. */
  readonly greetsWithinMs?: number
}

const firstPauseMs = 50

/**
 * Connects to a Redis server: a first connection that fails is given up, one that is lost later is made again for as long
 * as the client is open. Rejects with the driver's error.
 */
export async function connectRedisClient(
  { options, socket }: RedisUrl,
  { longestPauseMs, offlineQueue = false, greetsWithinMs = 10_000 }: ClientOptions,
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
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new Error(`it took the connection, and did not answer within ${greetsWithinMs / 1000} s`))
  }, greetsWithinMs)
  try {
    await Promise.race([client.connect(), late.promise])
    connected = true
    return client
  } catch (error) {
    client.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}
