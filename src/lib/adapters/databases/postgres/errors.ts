import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import { givingUp, waitedOf } from '../retry.ts'
import { isTlsFault } from '../tls.ts'
import type { Waiting } from '../waits.ts'
import { findPostgresRight, rowSecurity } from './rights.ts'
import { findPostgresSetback } from './setbacks.ts'

type Translation =
  | 'encryption-refused'
  | 'database-unreachable'
  | 'database-denied'
  | 'database-not-ours'
  | 'database-missing'
  | 'database-lost'
  | 'disk-full'
  | 'right-missing'
  | 'statement-timeout'
  | 'tables-depended-on'

/** Codes of Node and of PostgreSQL (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const translations: Readonly<Record<string, Translation>> = {
  ECONNREFUSED: 'database-unreachable',
  ENOENT: 'database-unreachable',
  ENOTDIR: 'database-unreachable',
  EACCES: 'database-unreachable',
  ENOTFOUND: 'database-unreachable',
  EAI_AGAIN: 'database-unreachable',
  ETIMEDOUT: 'database-unreachable',
  EHOSTUNREACH: 'database-unreachable',
  ECONNRESET: 'database-lost',
  EPIPE: 'database-lost',
  '28000': 'database-denied',
  '28P01': 'database-denied',
  '42501': 'right-missing',
  '3D000': 'database-missing',
  '57P01': 'database-lost',
  '57P02': 'database-lost',
  '53100': 'disk-full',
  '57014': 'statement-timeout',
  '2BP01': 'tables-depended-on',
}

/** What met an error, as far as it is known. */
interface ErrorContext {
  readonly sql?: string
  readonly waiting?: Waiting
}

/** An error of pg as one of ours where there is a sentence for it. */
export function translatePostgresError(error: unknown, url: string, { sql, waiting }: ErrorContext = {}): unknown {
  if (error instanceof RushbenchError) return error
  const setback = findPostgresSetback(error)
  if (setback) return givingUp(error, setback, url, waiting && waitedOf(waiting))
  const reason = reasonOf(error)
  const known = isTlsFault(error)
    ? 'encryption-refused'
    : (translations[codeOf(error)] ?? withoutCode(reason) ?? classOf(codeOf(error)))
  if (known === 'tables-depended-on') return failure(known, { url, reason: withDetail(error, reason) }, error)
  if (known === 'right-missing') return failure(known, { url, reason, ...findPostgresRight(reason, url, sql) }, error)
  return known === null ? error : failure(known, { url, reason }, error)
}

/** PostgreSQL names what depends on a table in the detail, a line for each. */
function withDetail(error: unknown, reason: string): string {
  const { detail } = error as { detail?: string }
  return detail ? reasonOf(`${reason}: ${detail.trim().replaceAll('\n', '; ')}`) : reason
}

/** What pg says in words alone. */
function withoutCode(reason: string): Translation | null {
  if (rowSecurity.test(reason)) return 'right-missing'
  if (/does not support SSL|establishing an SSL connection/i.test(reason)) return 'encryption-refused'
  if (/unsupported startup parameter/i.test(reason)) return 'database-not-ours'
  if (/timeout expired|connection timeout/i.test(reason)) return 'database-unreachable'
  if (/password/i.test(reason) && /SASL|SCRAM/i.test(reason)) return 'database-denied'
  return /connection terminated|not queryable|connection ended|client was closed/i.test(reason) ? 'database-lost' : null
}

/** Class 08: connection exceptions. */
function classOf(code: string): Translation | null {
  return code.startsWith('08') ? 'database-lost' : null
}

/** Class 23: a row broke a key, a reference or a check; class 22: a column's type. */
export function isConstraintViolation(error: unknown): boolean {
  return /^2[23]/.test(codeOf(error))
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? ''
}
