import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { rawResponse } from '../../../shared/http/errors.ts'
import { graphqlPath } from '../routes.ts'
import { serveConnection, type Connection, type ConnectionContext } from './connection.ts'
import { createSlots, defaultServerLimits, type ServerLimits } from './limits.ts'
import { closings, protocolName } from './protocol.ts'

export interface Sockets {
  readonly open: number
  /** Subscriptions of all sockets, those that begin or end among them. */
  readonly subscriptions: number
  /** Takes no more, and closes all, also those whose other side does not respond; resolves when they are gone. */
  close(): Promise<void>
}

/** Serves subscriptions on WebSockets of `server`, at the path of all operations. */
export function serveSockets(
  server: Server,
  parts: Omit<ConnectionContext, 'slots' | 'limits'>,
  limits: ServerLimits = defaultServerLimits,
): Sockets {
  const slots = createSlots(limits.maxSubscriptionsOfAccount)
  const connections = new Set<Connection>()
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.maxMessageBytes,
    closeTimeout: limits.closingMs,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(protocolName) ? protocolName : false),
  })
  // What is wrong with a handshake ws would say in a response of its own.
  sockets.on('wsClientError', ({ message }, stream, { method }) =>
    refuse(stream, method === 'GET' ? 400 : 405, `${message}.`, { 'sec-websocket-version': '13, 8' }),
  )
  let isClosing = false

  function upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    if (pathOf(request) !== graphqlPath) return refuse(stream, 404, 'There are no WebSockets here.')
    if (isClosing || connections.size >= limits.maxSockets) return refuse(stream, 503, 'There are too many WebSockets.')
    sockets.handleUpgrade(request, stream, head, (socket) => {
      const connection = serveConnection(socket, { ...parts, slots, limits })
      connections.add(connection)
      socket.once('close', () => connections.delete(connection))
      if (socket.protocol !== protocolName) void connection.close(closings.wrongProtocol)
    })
  }

  server.on('upgrade', upgrade)
  const timer = setInterval(() => {
    for (const connection of connections) connection.ping()
  }, limits.pingMs)

  return {
    get open() {
      return connections.size
    },
    get subscriptions() {
      return slots.taken
    },
    async close() {
      isClosing = true
      clearInterval(timer)
      await Promise.all([...connections].map((connection) => connection.close(closings.away)))
    },
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] as string
}

function refuse(stream: Duplex, ...response: Parameters<typeof rawResponse>): void {
  stream.on('error', () => {})
  stream.once('finish', () => stream.destroy())
  stream.end(rawResponse(...response))
}
