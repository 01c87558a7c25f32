import type { ConnectionFacts } from '../../ports/database-facts.ts'

type Connection = Omit<ConnectionFacts, 'pooled'> & { readonly pooled?: boolean }

/** How a connection is told of: `TLSv1.3, certificate verified`; null where nothing is known of it. */
export function describeConnection(connection: Connection | undefined): string | null {
  if (connection === undefined) return null
  const { transport, encrypted, protocol, verified, pooled } = connection
  const checks = {
    none: 'certificate not verified',
    authority: 'certificate verified, but not for which host',
    'authority and host': 'certificate verified',
  }
  const parts = [
    ...(transport === 'unix socket' ? ['Unix socket'] : encrypted ? [] : ['TCP']),
    encrypted ? (protocol ?? 'TLS') : 'not encrypted',
    ...(encrypted && verified !== undefined ? [checks[verified]] : []),
    ...(pooled === true ? ['through a connection pooler'] : []),
  ]
  return parts.join(', ')
}
