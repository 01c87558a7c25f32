import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { rawResponse } from '../../../shared/http/errors.ts'
import { graphqlPath } from '../routes.ts'
import { serveConnection, type Connection, type ConnectionContext, type SocketLimits } from './connection.ts'
import { closings, protocolName } from './protocol.ts'
import { createSlots } from './slots.ts'

/** What sockets may take, and all of them together. */
export interface ServerLimits extends SocketLimits {
  /** From a closing to the end of the connection, whether the other side answers or not. */
  readonly closingMs: number
  /** Bytes of a message. */
  readonly maxMessageBytes: number
  readonly maxSockets: number
  readonly maxSubscriptionsOfAccount: number
}

/** For a process that serves thousands of people with one or two sockets each. */
export const defaultServerLimits: ServerLimits = {
  initMs: 5000,
  pingMs: 15_000,
  maxSubscriptions: 100,
  maxBufferedBytes: 1024 * 1024,
  messagesAtOnce: 500,
  messagesPerSecond: 50,
  closingMs: 1000,
  maxMessageBytes: 64 * 1024,
  maxSockets: 10_000,
  maxSubscriptionsOfAccount: 200,
}

/** Sockets that are served. */
export interface Sockets {
  readonly open: number
  /** Of all sockets, those that begin or end among them. */
  readonly subscriptions: number
  /** Takes no more, and closes all, also those whose other side does not answer; resolves when they are gone. */
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
  // What is wrong with a handshake ws would say in an answer of its own.
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

function refuse(stream: Duplex, ...answer: Parameters<typeof rawResponse>): void {
  stream.on('error', () => {})
  stream.once('finish', () => stream.destroy())
  stream.end(rawResponse(...answer))
}
