import { connect as connectPlain, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectSecure, createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls'

/** Where a server listens. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  /** Null without TLS. */
  readonly tls: TlsMemory | null
}

/** State that the TLS connections of a client share. */
export interface TlsMemory {
  /** Made once: reading the certificates that are trusted takes longer than a handshake. */
  readonly context: SecureContext
  /** Sessions of closed connections. Each is resumed once, as a browser does it; new visitors shake hands in full. */
  readonly sessions: Buffer[]
}

/** Trusts what Node trusts, which NODE_EXTRA_CA_CERTS adds to. */
export function createTlsMemory(): TlsMemory {
  return { context: createSecureContext(), sessions: [] }
}

/** Opens a socket that is ready on `readyEvent`. All that comes is read into `onread`'s buffer. */
export function openSocket({ host, port, tls }: Endpoint, onread: OnReadOpts): Socket {
  if (tls === null) return connectPlain({ host, port, noDelay: true, onread })
  const session = tls.sessions.pop()
  // `onread` is missing in the types.
  const options: ConnectionOptions & { readonly onread: OnReadOpts } = {
    host,
    port,
    onread,
    secureContext: tls.context,
    ALPNProtocols: ['http/1.1'],
    // An address is no name that a server could have a certificate chosen for.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(session === undefined ? {} : { session }),
  }
  const socket = connectSecure(options)
  socket.setNoDelay(true)
  let latest: Buffer | null = null
  socket.on('session', (given) => (latest = given))
  socket.on('close', () => {
    if (latest !== null) tls.sessions.push(latest)
  })
  return socket
}

/** Says that a socket to this endpoint can be written to. */
export function readyEvent({ tls }: Endpoint): 'connect' | 'secureConnect' {
  return tls === null ? 'connect' : 'secureConnect'
}
