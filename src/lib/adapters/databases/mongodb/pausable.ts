import { failure } from '../../../base/errors/errors.ts'
import type { PausableAccess } from '../../../ports/database.ts'
import { openRelay, redirectUrl } from '../relay-access.ts'
import { readMongoUrl } from './url.ts'

const defaultPort = 27_017

/** A relay to the one server that the URL names. */
export async function openPausable(url: string): Promise<PausableAccess> {
  const { shown, hosts, isEncrypted } = readMongoUrl(url)
  const refuse = (reason: string) => failure('database-not-pausable', { url: shown, reason })
  const [server, ...others] = hosts
  // The driver would find the other servers by itself, and go around the relay.
  if (!server || others.length > 0 || /^mongodb\+srv:/i.test(url)) throw refuse('the URL names several servers')
  if (isEncrypted) throw refuse('the relay stands at 127.0.0.1, which the certificate is not for')
  const parameters = { directConnection: 'true' }
  return openRelay({
    shown,
    host: server.host,
    port: server.port ?? defaultPort,
    urlAt: (port) => redirectUrl(url, { host: '127.0.0.1', port, parameters }),
  })
}
