import type { FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { failure, reasonOf } from '../../errors.ts'
import type { RunningServer } from '../workload.ts'

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
  return { origin: `http://${name}:${address.port}`, close: () => app.close() }
}
