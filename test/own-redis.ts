import { withClient } from './redis-databases.ts'
import { findProgram, startPrivateServer, type PrivateServer } from './private-server.ts'

/** A Redis that only one test uses, so that it may be killed; every write is on the disk before its answer. */
export interface OwnRedis extends PrivateServer {
  readonly url: string
}

/** Where the program is; null where there is none. */
export const redisProgram = await findProgram('redis-server', 'dev/services install redis')

/** Starts a server of one's own. */
export async function openOwnRedis(): Promise<OwnRedis> {
  const server = await startPrivateServer(
    async (folder, port) => {
      const settings = { port, bind: '127.0.0.1', dir: folder, appendonly: 'yes', appendfsync: 'always', save: '' }
      return {
        program: redisProgram ?? 'redis-server',
        parameters: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
      }
    },
    // It listens before it has read its data.
    (port) =>
      withClient(urlOf(port), (client) => client.ping()).then(
        () => true,
        () => false,
      ),
  )
  return { ...server, url: urlOf(server.port) }
}

function urlOf(port: number): string {
  return `redis://127.0.0.1:${port}`
}
