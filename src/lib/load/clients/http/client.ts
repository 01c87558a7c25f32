import type { LoadClient } from '../../../ports/http-client.ts'
import { createSocketClient } from './socket-client.ts'

/** A client that sends its requests to all of `origins` in turn, as a balancer does. */
export function createHttpClients(origins: readonly string[], timeoutMs: number): LoadClient {
  const clients = origins.map((origin) => createSocketClient(origin, timeoutMs))
  if (clients.length === 1) return clients[0] as LoadClient
  let turn = 0
  return {
    repeat(request) {
      const creates = clients.map((client) => client.repeat(request))
      return (onResponse) => {
        const senders = creates.map((create) => create(onResponse))
        return () => senders[turn++ % senders.length]?.()
      }
    },
    request: (request) => (clients[turn++ % clients.length] as LoadClient).request(request),
    async close() {
      for (const client of clients) await client.close()
    },
  }
}
