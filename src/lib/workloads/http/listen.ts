import type { FastifyInstance } from 'fastify'
import type { AddressInfo, Socket } from 'node:net'
import { failure, reasonOf } from '../../errors.ts'
import type { RunningServer } from '../workload.ts'

/** How often connections that have become idle are looked for while the server closes, ms. */
const idleCheckMs = 50

/** Listens; `port` 0 takes any free one. Throws `port-in-use` or `host-unusable`. */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<RunningServer> {
  const connections = watchConnections(app)
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw failure('port-in-use', { host, port }, error)
    throw failure('host-unusable', { host: `${host}:${port}`, reason: reasonOf(error) }, error)
  }
  const address = app.server.address() as AddressInfo
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return {
    origin: `http://${name}:${address.port}`,
    async dropConnections() {
      const count = connections.size
      for (const socket of connections) socket.destroy()
      return count
    },
    close: () => closeGracefully(app),
  }
}

/** Those that are open; Node itself forgets one that has become a WebSocket. */
function watchConnections({ server }: FastifyInstance): ReadonlySet<Socket> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return open
}

/** Node closes connections that are idle when it is told to; those that were busy then would stay for a minute. */
async function closeGracefully(app: FastifyInstance): Promise<void> {
  const timer = setInterval(() => app.server.closeIdleConnections(), idleCheckMs)
  await app.close()
  clearInterval(timer)
}
