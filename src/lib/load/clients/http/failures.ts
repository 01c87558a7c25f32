import type { HttpResponse } from '../../../ports/http-client.ts'

/** Why there is no response, and whether the request may have been carried out if it was sent. */
export interface Failure {
  readonly reason: string
  readonly maybeExecuted: boolean
  /** The server closed the connection. */
  readonly isClosing: boolean
}

/** The failures that a client finds by itself. */
export const failures = {
  timeout: { reason: 'timeout', maybeExecuted: true, isClosing: false },
  closed: { reason: 'connection closed', maybeExecuted: true, isClosing: true },
  cutOff: { reason: 'cut off at the end of the run', maybeExecuted: true, isClosing: false },
} as const satisfies Readonly<Record<string, Failure>>

/** The response was no HTTP. */
export function invalidResponse(parseError: string): Failure {
  return { reason: `invalid answer: ${parseError}`, maybeExecuted: true, isClosing: false }
}

/** Never came to a connection. */
function unconnected(reason: string): Failure {
  return { reason, maybeExecuted: false, isClosing: false }
}

const reset: Failure = { reason: 'connection reset', maybeExecuted: true, isClosing: true }

const noPort = 'no local port left'
const noDescriptor = 'too many open files'

/** Reasons of failures that are those of the machine that makes the load, and none of the server's. */
export const ownReasons: readonly string[] = [noPort, noDescriptor]

const socketFailures: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: unconnected('connection refused'),
  ENOTFOUND: unconnected('host not found'),
  EAI_AGAIN: unconnected('no answer from the name server'),
  EHOSTUNREACH: unconnected('host unreachable'),
  ENETUNREACH: unconnected('host unreachable'),
  EADDRNOTAVAIL: unconnected(noPort),
  EMFILE: unconnected(noDescriptor),
  ENFILE: unconnected(noDescriptor),
  ECONNRESET: reset,
  EPIPE: reset,
  // After the system sent a packet again and again, or never came to a connection.
  ETIMEDOUT: { reason: 'connection timed out', maybeExecuted: true, isClosing: false },
}

/** Codes of certificates that are not trusted, outdated or another host's. */
const certificateCode = /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/

/** Explains a socket's error. */
export function explainSocketError(error: Error): Failure {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const known = socketFailures[code]
  if (known !== undefined) return known
  if (certificateCode.test(code)) return unconnected(`certificate refused: ${code}`)
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
    return { reason: `TLS failed: ${code}`, maybeExecuted: true, isClosing: false }
  return { reason: code || error.message, maybeExecuted: true, isClosing: false }
}

const empty = Buffer.alloc(0)

/** The response that there was none: `bytes` of a body came, and `sent` says whether the request had left by then. */
export function noResponse({ reason, maybeExecuted }: Failure, bytes: number, sent: boolean): HttpResponse {
  return { status: 0, bytes, body: empty, reason, maybeExecuted: maybeExecuted && sent }
}
