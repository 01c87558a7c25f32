import { Type } from 'typebox'
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
