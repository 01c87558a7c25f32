import type { PausableAccess } from '../../../ports/database.ts'
import { openRelay, redirectUrl } from '../relay-access.ts'
import { readRedisUrl } from './url.ts'

/** A relay to the server or the Unix socket that the URL names. */
export async function openPausable(url: string): Promise<PausableAccess> {
  const { shown, socket, options, verification, certifiedName } = readRedisUrl(url)
  const { path, host = '', port = 0 } = socket as { path?: string; host?: string; port?: number }
  const db = String(options.database ?? 0)
  const urlAt = (relayPort: number): string => {
    if (path !== undefined) {
      const tcp = url.replace(/^unix:(?:\/\/)?([^@/?]*@)?[^?]*/i, 'redis://$1')
      return redirectUrl(tcp, { host: '127.0.0.1', port: relayPort, parameters: { db } })
    }
    // Certificates go on being held against the server's own name.
    const parameters = verification === 'authority and host' ? { sni: certifiedName } : {}
    return redirectUrl(url, { host: '127.0.0.1', port: relayPort, parameters })
  }
  return openRelay({ shown, host: path ?? host, port, urlAt })
}
