import { once } from 'node:events'
import { connect, type ConnectionOptions } from 'node:tls'
import { factsOf } from '../tls.ts'
import { readRedisUrl } from './url.ts'
import type { ConnectionFacts } from '../../../ports/database-facts.ts'

/** What a connection to the server turns out to be. The driver hides its socket, so that another one is opened to look at. */
export async function readConnectionFacts(url: string): Promise<ConnectionFacts> {
  const { socket, verification } = readRedisUrl(url)
  if (verification === null) return { transport: 'path' in socket ? 'unix socket' : 'tcp', encrypted: false }
  const { connectTimeout, ...options } = socket as ConnectionOptions & { connectTimeout: number }
  const probe = connect(options)
  try {
    await once(probe, 'secureConnect', { signal: AbortSignal.timeout(connectTimeout) })
    return factsOf(probe, verification)
  } catch {
    // The driver's own connection stands, encrypted as the URL asks for it.
    return { transport: 'tcp', encrypted: true, verified: verification }
  } finally {
    probe.destroy()
  }
}
