import { failure } from '../../errors.ts'
import type { PausableAccess } from '../port.ts'
import { openRelay } from '../relay-access.ts'
import { redactUrl } from '../url.ts'

const defaultPort = 27_017

/** A relay to the one server that the URL names. */
export async function openPausable(url: string): Promise<PausableAccess> {
  // The driver would find the other servers by itself, and go around the relay.
  if (/^[^/]+\/\/[^/?]*,/.test(url)) {
    throw failure('database-not-pausable', { url: redactUrl(url), reason: 'the URL names several servers' })
  }
  return openRelay(url, defaultPort, { directConnection: 'true' })
}
