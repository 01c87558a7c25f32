import { failure } from '../../../base/errors/errors.ts'
import type { PausableAccess } from '../../../ports/database.ts'
import { openRelay, redirectUrl } from '../relay-access.ts'
import { readPostgresUrl, tlsParameters } from './url.ts'

/** A relay to the one server, or the Unix socket, that the URL names. */
export async function openPausable(url: string): Promise<PausableAccess> {
  const { shown, servers } = readPostgresUrl(url)
  const [server, ...others] = servers
  const way = server?.candidates[0]
  if (!server || !way || others.length > 0) {
    throw failure('database-not-pausable', { url: shown, reason: 'the URL names several servers' })
  }
  const { host = '', port = 0 } = way
  const isSocket = host.startsWith('/')
  const unused = Object.fromEntries(tlsParameters.map((name) => [name, null]))
  const instead = { host: null, port: null, hostaddr: '127.0.0.1' }
  return openRelay({
    shown,
    host: isSocket ? `${host}/.s.PGSQL.${port}` : host,
    port,
    urlAt: (relayPort) =>
      // Certificates go on being held against the server's own name.
      redirectUrl(url, {
        host: isSocket ? 'localhost' : server.name,
        port: relayPort,
        parameters: isSocket ? { ...instead, ...unused, sslmode: 'disable' } : instead,
      }),
  })
}
