import type { HttpAnswer } from '../http-client.ts'

/** Why there is no answer, and whether the request may have been carried out if it was sent. */
export interface Failure {
  readonly reason: string
  readonly maybeExecuted: boolean
}

/** The failures that a client finds by itself. */
export const failures = {
  timeout: { reason: 'timeout', maybeExecuted: true },
  closed: { reason: 'connection closed', maybeExecuted: true },
  cutOff: { reason: 'cut off at the end of the run', maybeExecuted: true },
} as const satisfies Readonly<Record<string, Failure>>

const socketFailures: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: { reason: 'connection refused', maybeExecuted: false },
  ENOTFOUND: { reason: 'host not found', maybeExecuted: false },
  EHOSTUNREACH: { reason: 'host unreachable', maybeExecuted: false },
  ENETUNREACH: { reason: 'host unreachable', maybeExecuted: false },
  EADDRNOTAVAIL: { reason: 'no local port left', maybeExecuted: false },
  EMFILE: { reason: 'too many open files', maybeExecuted: false },
  ECONNRESET: { reason: 'connection reset', maybeExecuted: true },
  EPIPE: { reason: 'connection reset', maybeExecuted: true },
}

/** What a socket's error means. */
export function explainSocketError(error: Error): Failure {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return socketFailures[code] ?? { reason: code || error.message, maybeExecuted: true }
}

const empty = Buffer.alloc(0)

/** The answer that there was none: `bytes` of a body came, and `sent` says whether the request had left by then. */
export function noAnswer({ reason, maybeExecuted }: Failure, bytes: number, sent: boolean): HttpAnswer {
  return { status: 0, bytes, body: empty, reason, maybeExecuted: maybeExecuted && sent }
}
