import type { FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { failure, reasonOf } from '../../errors.ts'
import type { RunningServer } from '../workload.ts'

/** How often connections that have become idle are looked for while the server closes, ms. */
const idleCheckMs = 50

/** Listens; `port` 0 takes any free one. Throws `port-in-use` or `host-unusable`. */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<RunningServer> {
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
    dropConnections: () => dropConnections(app),
    close: () => closeGracefully(app),
  }
}

async function dropConnections({ server }: FastifyInstance): Promise<number> {
  const count = await promisify(server.getConnections.bind(server))()
  server.closeAllConnections()
  return count
}

/** Node closes connections that are idle when it is told to; those that were busy then would stay for a minute. */
async function closeGracefully(app: FastifyInstance): Promise<void> {
  const timer = setInterval(() => app.server.closeIdleConnections(), idleCheckMs)
  await app.close()
  clearInterval(timer)
}
