import { reasonOf } from '../../../base/errors/errors.ts'
import type { Setback } from '../setback.ts'

const full: Setback = { kind: 'full', reason: 'no free connection (53300)', limit: 'max_connections' }

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
const byCode: Readonly<Record<string, Setback>> = {
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

/** What a role or a database may have of its own is said in these words alone. */
const ofRole = /connections for (role|database)/i

/** Old versions of YugabyteDB gave conflicts no code of their own (https://github.com/yugabyte/yugabyte-db/issues/2257). */
const conflictInWords = /restart read required|expired or aborted by a conflict|heartbeat: transaction \S+ expired/i

/** What PostgreSQL and those who speak its protocol mean by an error of pg. */
export function findPostgresSetback(error: unknown): Setback | null {
  const { code = '' } = error as { code?: string }
  if (code === 'XX000' && conflictInWords.test(reasonOf(error))) {
    return { kind: 'conflict', reason: 'conflict (XX000)' }
  }
  if (code === '53300' && ofRole.test(reasonOf(error))) return { ...full, limit: 'the limit of the role or database' }
  return Object.hasOwn(byCode, code) ? (byCode[code] as Setback) : null
}
