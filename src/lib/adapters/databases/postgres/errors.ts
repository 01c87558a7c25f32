import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import { givingUp } from '../retry.ts'
import { isTlsFault } from '../tls.ts'
import type { Waiting } from '../waits.ts'
import { networkErrors, type TransientError, userIn, type MissingRight } from '../errors.ts'

/** Codes of Node and of PostgreSQL (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const translations = {
  ...networkErrors,
  '28000': 'database-denied',
  '28P01': 'database-denied',
  '42501': 'right-missing',
  '3D000': 'database-missing',
  '57P01': 'database-lost',
  '57P02': 'database-lost',
  '53100': 'disk-full',
  '57014': 'statement-timeout',
  '2BP01': 'tables-depended-on',
} as const

type Translation = (typeof translations)[keyof typeof translations] | 'encryption-refused' | 'database-not-ours'

/** The statement and the work that met an error, where they are known. */
interface ErrorContext {
  readonly sql?: string
  readonly waiting?: Waiting | undefined
}

/** An error of pg as one of ours where there is a sentence for it. */
export function translatePostgresError(error: unknown, url: string, { sql, waiting }: ErrorContext = {}): unknown {
  if (error instanceof RushbenchError) return error
  const transientError = findPostgresTransientError(error)
  if (transientError) return givingUp(error, transientError, url, waiting)
  const reason = reasonOf(error)
  const known = isTlsFault(error)
    ? 'encryption-refused'
    : ((translations as Readonly<Record<string, Translation>>)[codeOf(error)] ??
      withoutCode(reason) ??
      classOf(codeOf(error)))
  if (known === 'tables-depended-on') return failure(known, { url, reason: withDetail(error, reason) }, error)
  if (known === 'right-missing') return failure(known, { url, reason, ...findPostgresRight(reason, url, sql) }, error)
  return known === null ? error : failure(known, { url, reason }, error)
}

/** PostgreSQL names what depends on a table in the detail, a line for each. */
function withDetail(error: unknown, reason: string): string {
  const { detail } = error as { detail?: string }
  return detail ? reasonOf(`${reason}: ${detail.trim().replaceAll('\n', '; ')}`) : reason
}

/** Reads errors of pg that have no code. */
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

const full: TransientError = { kind: 'full', reason: 'no free connection (53300)', limit: 'max_connections' }

/**
 * 40001 and 40P01 are to be tried again by whoever uses PostgreSQL
 * (https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html), CockroachDB, with growing pauses
 * (https://www.cockroachlabs.com/docs/stable/transaction-retry-error-reference), YugabyteDB
 * (https://docs.yugabyte.com/stable/develop/learn/transactions/transactions-retries-ysql/), and Citus, whose distributed
 * deadlocks are 40P01 too (https://docs.citusdata.com/en/stable/reference/common_errors.html). With 40003 CockroachDB says that
 * it does not know whether it has committed
 * (https://www.cockroachlabs.com/docs/stable/common-errors#result-is-ambiguous). 25006 is what a replica says to a write. 26000 and 42P05
 * come from a pooler that has given the client another session, on which its prepared statements are not known or
 * somebody else's are (https://www.pgbouncer.org/faq.html).
 */
const byCode: Readonly<Record<string, TransientError>> = {
  '40001': { kind: 'conflict', reason: 'serialization failure (40001)' },
  '40P01': { kind: 'conflict', reason: 'deadlock (40P01)' },
  '40003': { kind: 'busy', reason: 'result is ambiguous (40003)' },
  '26000': { kind: 'conflict', reason: 'prepared statement lost (26000)' },
  '42P05': { kind: 'conflict', reason: 'prepared statement taken (42P05)' },
  '55P03': { kind: 'locked', reason: 'lock timeout (55P03)' },
  '53300': full,
  '57P03': { kind: 'away', reason: 'starting or recovering (57P03)' },
  '25006': { kind: 'refused', reason: 'read only (25006)' },
}

/** Matches the error for a limit of a role or a database, which has no code of its own. */
const ofRole = /connections for (role|database)/i

/** Old versions of YugabyteDB gave conflicts no code of their own (https://github.com/yugabyte/yugabyte-db/issues/2257). */
const conflictInWords = /restart read required|expired or aborted by a conflict|heartbeat: transaction \S+ expired/i

/** Reads an error of pg from PostgreSQL or a server that speaks its protocol; null for one that is not transient. */
export function findPostgresTransientError(error: unknown): TransientError | null {
  const { code = '' } = error as { code?: string }
  if (code === 'XX000' && conflictInWords.test(reasonOf(error))) {
    return { kind: 'conflict', reason: 'conflict (XX000)' }
  }
  if (code === '53300' && ofRole.test(reasonOf(error))) return { ...full, limit: 'the limit of the role or database' }
  return Object.hasOwn(byCode, code) ? (byCode[code] as TransientError) : null
}

/** By how a statement begins; to change or lock rows, they are read. */
const ofTables: readonly (readonly [RegExp, string])[] = [
  [/^\s*(insert|copy)\b/i, 'INSERT'],
  [/^\s*update\b/i, 'SELECT, UPDATE'],
  [/^\s*delete\b/i, 'SELECT, DELETE'],
  [/^\s*select\b.*\bfor (no key )?(update|share)\b/is, 'SELECT, UPDATE'],
  [/^\s*select\b/i, 'SELECT'],
  [/^\s*lock\b/i, 'UPDATE'],
  [/^\s*create trigger\b/i, 'TRIGGER'],
  [/^\s*(create|alter) table\b.*\breferences\b/is, 'REFERENCES'],
]

const denied = /^permission denied for (table|relation|schema|database) "?(.+?)"?$/
const notOwner = /^must be owner of (table|relation|index|schema|view|function) "?(.+?)"?$/

/** COPY says so without the code of a missing right. */
const rowSecurity = /row-level security/i

/** The right that PostgreSQL misses for `sql`. Null where nobody can tell. */
function findPostgresRight(reason: string, url: string, sql = ''): MissingRight | null {
  const user = userIn(url)
  const granted = (right: string, object: string): MissingRight => ({
    right: `the right ${right} on ${object}`,
    ...(user !== null && { grant: `GRANT ${right} ON ${object} TO ${quoted(user)}` }),
  })
  if (rowSecurity.test(reason)) {
    return {
      right: 'the right BYPASSRLS, which a table needs whose policies (row-level security) hide or refuse rows',
      ...(user !== null && { grant: `ALTER ROLE ${quoted(user)} BYPASSRLS` }),
    }
  }
  const [, ownedKind, owned = ''] = notOwner.exec(reason) ?? []
  if (ownedKind !== undefined) {
    const isTable = ownedKind === 'table' || ownedKind === 'relation'
    return {
      right: `the ownership of ${ownedKind} ${owned}`,
      ...(user !== null && isTable && { grant: `ALTER TABLE ${quoted(owned)} OWNER TO ${quoted(user)}` }),
    }
  }
  const [, kind, name = ''] = denied.exec(reason) ?? []
  if (kind === 'schema') return granted(/^\s*create\b/i.test(sql) ? 'USAGE, CREATE' : 'USAGE', `SCHEMA ${quoted(name)}`)
  if (kind === 'database') return granted('CONNECT', `DATABASE ${quoted(name)}`)
  const right = ofTables.find(([text]) => text.test(sql))?.[1]
  return kind === undefined || right === undefined ? null : granted(right, `TABLE ${quoted(name)}`)
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
