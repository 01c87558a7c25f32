import type { LoadClient } from '../http-client.ts'
import { createSocketClient } from './socket-client.ts'

/**
 * A client for `origin`, which may have a path and user:password@ for all requests. `timeoutMs` is from the request to the
 * last byte of its answer.
 */
export async function createHttpClient(origin: string, timeoutMs: number): Promise<LoadClient> {
  return createSocketClient(origin, timeoutMs)
}

/** A client that sends its requests to all of `origins` in turn, as a balancer does. */
export async function createHttpClients(origins: readonly string[], timeoutMs: number): Promise<LoadClient> {
  const clients = await Promise.all(origins.map((origin) => createHttpClient(origin, timeoutMs)))
  if (clients.length === 1) return clients[0] as LoadClient
  let turn = 0
  return {
    repeat(request) {
      const creates = clients.map((client) => client.repeat(request))
      return (onAnswer) => {
        const senders = creates.map((create) => create(onAnswer))
        return () => senders[turn++ % senders.length]?.()
      }
    },
    request: (request) => (clients[turn++ % clients.length] as LoadClient).request(request),
    async close() {
      for (const client of clients) await client.close()
    },
  }
}
