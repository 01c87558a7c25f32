import { reasonOf } from '../../../base/errors/errors.ts'
import { StatementError, type StatementFailureKind } from '../../../base/errors/statement-error.ts'
import { asNetworkError, kindOf } from '../statement-errors.ts'
import { isTlsFault } from '../tls.ts'
import { withConditionName } from './condition-names.ts'
import { findPostgresTransientError } from './errors.ts'

/** An error as the server tells it (https://www.postgresql.org/docs/current/protocol-error-fields.html). */
export interface PostgresServerError {
  readonly code: string
  readonly message: string
  /** The session is over. */
  readonly isFatal: boolean
}

/** Reads an ErrorResponse whose body begins at `at`. */
export function readPostgresError(bytes: Buffer, at: number): PostgresServerError {
  const fields: Record<string, string> = {}
  let next = at
  while (bytes[next] !== 0) {
    const end = bytes.indexOf(0, next)
    if (end === -1) break
    fields[String.fromCharCode(bytes[next] as number)] = bytes.toString('utf8', next + 1, end)
    next = end + 1
  }
  const severity = fields['V'] ?? fields['S'] ?? ''
  return {
    code: fields['C'] ?? '',
    message: fields['M'] ?? '',
    isFatal: severity === 'FATAL' || severity === 'PANIC',
  }
}

/** An error of the server as a measured load counts it. */
export function toStatementError({ code, message, isFatal }: PostgresServerError): StatementError {
  const told = Object.assign(new Error(message), { code })
  const kind = isFatal ? 'lost' : kindOfCode(code, told)
  return new StatementError(kind, withConditionName(code), reasonOf(message))
}

/** An error of connecting, which the driver gives. */
export function toConnectError(error: unknown): StatementError {
  const ofNetwork = asNetworkError(error)
  if (ofNetwork) return ofNetwork
  const { code = '' } = error as { readonly code?: string }
  const reason = reasonOf(error)
  if (/^[0-9A-Z]{5}$/.test(code)) {
    return new StatementError(kindOfCode(code, error), withConditionName(code), reason, error)
  }
  if (isTlsFault(error)) return new StatementError('refused', code, reason, error)
  if (/timeout expired|connection timeout/i.test(reason))
    return new StatementError('timeout', 'ETIMEDOUT', reason, error)
  const isLost = /connection terminated|not queryable|connection ended/i.test(reason)
  return new StatementError(isLost ? 'lost' : 'refused', isLost ? 'connection lost' : 'login refused', reason, error)
}

function kindOfCode(code: string, error: unknown): StatementFailureKind {
  const transientError = findPostgresTransientError(error)
  if (transientError) return kindOf(transientError)
  // The server says it of a statement that somebody else cancelled, too.
  if (code === '57014') return /timeout/i.test(reasonOf(error)) ? 'timeout' : 'refused'
  // With it the server answers to values that are more or fewer than the placeholders.
  if (code === '08P01') return 'refused'
  if (code.startsWith('08') || code === '57P01' || code === '57P02') return 'lost'
  return 'refused'
}
