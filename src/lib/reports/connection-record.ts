import { Type, type Static } from 'typebox'
import { plain } from '../format.ts'
import { flag, object, oneOf, text } from './fields.ts'

/** How rushbench was connected to the database server. */
export const Connection = object('how the client was connected to the database server; left out for a file', {
  transport: oneOf('what it went over', 'tcp', 'unix socket'),
  encrypted: flag('by TLS'),
  protocol: Type.Optional(text('version of TLS, such as TLSv1.3')),
  verified: Type.Optional(
    oneOf("what of the server's certificate was looked at", 'none', 'authority', 'authority and host'),
  ),
  pooled: Type.Optional(flag('somebody stood in between who shares sessions out, such as PgBouncer')),
})

type Connection = Static<typeof Connection>

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

/** A line of a summary that tells how the database was connected to; none where nothing is known of it. */
export function connectionLines(environment: { readonly connection?: Connection | undefined }): string[] {
  const found = describeConnection(environment.connection)
  return found === null ? [] : [`connection ${plain(found)}`]
}
