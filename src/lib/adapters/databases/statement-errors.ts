import { StatementError, type StatementFailureKind } from '../../base/errors/statement-error.ts'
import { reasonOf, RushbenchError } from '../../base/errors/errors.ts'
import type { TransientError } from './errors.ts'

const kinds: Readonly<Record<TransientError['kind'], StatementFailureKind>> = {
  conflict: 'conflict',
  locked: 'conflict',
  full: 'full',
  away: 'lost',
  busy: 'timeout',
  refused: 'refused',
}

/** How a measured load counts what other work would be tried again after. */
export function kindOf({ kind }: TransientError): StatementFailureKind {
  return kinds[kind]
}

/** Codes of Node for connections that could not be made, or that broke. */
const ofNetwork: Readonly<Record<string, StatementFailureKind>> = {
  ETIMEDOUT: 'timeout',
  ECONNREFUSED: 'lost',
  ECONNRESET: 'lost',
  EPIPE: 'lost',
  ENOENT: 'lost',
  EHOSTUNREACH: 'lost',
  ENETUNREACH: 'lost',
  ENOTFOUND: 'lost',
  EAI_AGAIN: 'lost',
}

/** Reads an error that is the network's, or one of ours; null for one of the engine's own. */
export function asNetworkError(error: unknown): StatementError | null {
  if (error instanceof StatementError) return error
  const { code } = error as { readonly code?: unknown }
  const reason = reasonOf(error)
  if (error instanceof RushbenchError) return new StatementError('refused', error.code, reason, error)
  if (typeof code !== 'string' || !Object.hasOwn(ofNetwork, code)) return null
  return new StatementError(ofNetwork[code] as StatementFailureKind, code, reason, error)
}

/** The error for a connection that broke; `reason` is null where the server closed it, or we did. */
export function lostConnection(reason: unknown): StatementError {
  if (reason instanceof StatementError) return reason
  const { code } = (reason ?? {}) as { readonly code?: unknown }
  const text = reason === null ? 'the connection was closed' : reasonOf(reason)
  return new StatementError('lost', typeof code === 'string' ? code : 'connection lost', text, reason ?? undefined)
}
