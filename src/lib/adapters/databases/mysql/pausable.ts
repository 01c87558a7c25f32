import { failure } from '../../../base/errors/errors.ts'
import type { PausableAccess } from '../../../ports/database.ts'
import { openRelay, redirectUrl } from '../relay-access.ts'
import { readMysqlUrl, tlsParameterNames } from './url.ts'

const host = '127.0.0.1'

/** A relay to the server or the Unix socket that the URL names. */
export async function openPausable(url: string): Promise<PausableAccess> {
  const { shown, ways, verification } = readMysqlUrl(url)
  const [{ socketPath, host: server = '', port: serverPort = 0 } = {}] = ways
  if (verification === 'authority and host') {
    const reason =
      'the relay stands at 127.0.0.1, which is not what ssl-mode=VERIFY_IDENTITY holds the certificate against'
    throw failure('database-not-pausable', { url: shown, reason })
  }
  if (socketPath === undefined) {
    const urlAt = (port: number) => redirectUrl(url, { host, port, parameters: {} })
    return openRelay({ shown, host: server, port: serverPort, urlAt })
  }
  // What was not encrypted on the socket is not to be encrypted on the way to the relay.
  const unused = Object.fromEntries(tlsParameterNames.map((name) => [name, null]))
  const plain = ways[0]?.ssl === undefined ? { ...unused, 'ssl-mode': 'DISABLED' } : {}
  const parameters = { ...plain, socketPath: null, socket: null }
  return openRelay({ shown, host: socketPath, port: 0, urlAt: (port) => redirectUrl(url, { host, port, parameters }) })
}
