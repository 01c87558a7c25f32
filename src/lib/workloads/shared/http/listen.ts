import type { FastifyInstance } from 'fastify'
import type { AddressInfo, Socket } from 'node:net'
import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import type { Services, RunningServer } from '../../../ports/workload.ts'
import { responseOn } from './errors.ts'

/** How often connections that have become idle are looked for while the server closes, ms. */
const idleCheckMs = 50

/** How long a server that closes goes on with what is in flight, unless it is told, ms. */
const defaultShutdownMs = 10_000

/** The decorator of a server that has its metrics on a port of their own: gives their origin. */
export const metricsOrigin = 'metricsOrigin'

/** Where a server listens, and how long it may take to close. */
export type Listening = Pick<Services, 'host' | 'port' | 'shutdownTimeout'> & {
  /** The setting that the port is from. */
  readonly portSetting?: '--metrics-port'
}

/** Listens; `port` 0 takes any free one. Throws `port-in-use` or `host-unusable`. */
export async function listen(
  app: FastifyInstance,
  { host, port, shutdownTimeout = defaultShutdownMs, portSetting }: Listening,
): Promise<RunningServer> {
  const connections = watchConnections(app)
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    // Of another server that belongs to this one.
    if (error instanceof RushbenchError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw failure('port-in-use', { host, port, ...(portSetting && { portSetting }) }, error)
    throw failure('host-unusable', { host: `${host}:${port}`, reason: reasonOf(error) }, error)
  }
  const address = app.server.address() as AddressInfo
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
  const breakOff = (): number => {
    const count = connections.size
    for (const socket of connections) socket.destroy()
    return count
  }
  return {
    origin: `http://${name}:${address.port}`,
    ...(app.hasDecorator(metricsOrigin) && {
      metricsOrigin: app.getDecorator<() => string>(metricsOrigin)(),
    }),
    dropConnections: async () => breakOff(),
    close: () => closeGracefully(app, shutdownTimeout, connections, breakOff),
  }
}

/** Returns the open connections; Node itself forgets one that has become a WebSocket. */
function watchConnections({ server }: FastifyInstance): ReadonlySet<Socket> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return open
}

/**
 * Node closes connections that are idle when it is told to; those that were busy then would stay for a minute. What is in
 * flight after `withinMs` is broken off: a client that sends a byte a second, or a WebSocket that does not respond to the close.
 */
async function closeGracefully(
  app: FastifyInstance,
  withinMs: number,
  connections: ReadonlySet<Socket>,
  breakOff: () => void,
): Promise<void> {
  const idle = setInterval(() => {
    app.server.closeIdleConnections()
    endSilent(connections)
  }, idleCheckMs)
  const late = setTimeout(breakOff, withinMs)
  await app.close()
  clearInterval(idle)
  clearTimeout(late)
}

/** Node takes a connection for busy until its first request has come. What has come already is read before any is ended. */
function endSilent(connections: ReadonlySet<Socket>): void {
  const silent = [...connections].filter(hasAskedNothing)
  setImmediate(() => {
    for (const socket of silent) if (hasAskedNothing(socket)) socket.destroy()
  })
}

function hasAskedNothing(socket: Socket): boolean {
  return socket.bytesWritten === 0 && responseOn(socket) === null
}
