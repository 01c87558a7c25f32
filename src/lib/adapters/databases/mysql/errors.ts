import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import { givingUp } from '../retry.ts'
import { isTlsFault } from '../tls.ts'
import type { Waiting } from '../waits.ts'
import { networkErrors, type TransientError, databaseIn, type MissingRight } from '../errors.ts'

const translations = {
  ...networkErrors,
  // The driver's own, for a server that does not encrypt.
  HANDSHAKE_NO_SSL_SUPPORT: 'encryption-refused',
  HANDSHAKE_SSL_ERROR: 'encryption-refused',
  ER_CON_COUNT_ERROR: 'connections-exhausted',
  ER_TOO_MANY_USER_CONNECTIONS: 'connections-exhausted',
  ER_USER_LIMIT_REACHED: 'connections-exhausted',
  ER_TABLEACCESS_DENIED_ERROR: 'right-missing',
  ER_COLUMNACCESS_DENIED_ERROR: 'right-missing',
  ER_SPECIFIC_ACCESS_DENIED_ERROR: 'right-missing',
  ER_QUERY_TIMEOUT: 'statement-timeout',
  ER_NET_PACKET_TOO_LARGE: 'packet-too-large',
  ER_FK_CANNOT_DROP_PARENT: 'tables-depended-on',
  ER_SECURE_TRANSPORT_REQUIRED: 'database-denied',
  ER_ACCESS_DENIED_ERROR: 'database-denied',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'database-denied',
  ER_DBACCESS_DENIED_ERROR: 'right-missing',
  ER_HOST_NOT_PRIVILEGED: 'database-denied',
  ER_BAD_DB_ERROR: 'database-missing',
  PROTOCOL_CONNECTION_LOST: 'database-lost',
  ER_SERVER_SHUTDOWN: 'database-lost',
  ER_RECORD_FILE_FULL: 'disk-full',
  ER_DISK_FULL: 'disk-full',
} as const

type Translation = (typeof translations)[keyof typeof translations]

/** MariaDB's own (https://mariadb.com/docs/server/reference/error-codes), of which mysql2 does not know the names. */
const translationsByNumber: Readonly<Record<number, Translation>> = {
  1969: 'statement-timeout',
}

/** MySQL's number for a login in which no password could be wrong: the account is one of auth_socket or unix_socket. */
const withoutPassword = 1698
const ofSocket =
  'the account takes no password, but the Unix socket of its own machine (socketPath=), from the system user of that name'

/** An error of mysql2 as one of ours where there is a sentence for it; `waiting` is what met it, where it is known. */
export function translateMysqlError(error: unknown, url: string, waiting?: Waiting): unknown {
  if (error instanceof RushbenchError) return error
  const transientError = findMysqlTransientError(error)
  if (transientError) return givingUp(error, transientError, url, waiting)
  const { code = '', errno = 0, fatal = false } = error as { code?: string; errno?: number; fatal?: boolean }
  const known = isTlsFault(error)
    ? 'encryption-refused'
    : ((translations as Readonly<Record<string, Translation>>)[code] ??
      translationsByNumber[errno] ??
      (fatal || isClosed(error) ? 'database-lost' : null))
  const reason = errno === withoutPassword ? `${reasonOf(error)}; ${ofSocket}` : reasonOf(error)
  if (known === 'right-missing') return failure(known, { url, reason, ...findMysqlRight(reason, url) }, error)
  return known === null ? error : failure(known, { url, reason }, error)
}

/** mysql2 has no code for a statement on a connection that broke before. */
function isClosed(error: unknown): boolean {
  return /closed state|connection is closed/i.test(reasonOf(error))
}

const constraintCodes = new Set([
  'ER_DUP_ENTRY',
  'ER_NO_REFERENCED_ROW',
  'ER_NO_REFERENCED_ROW_2',
  'ER_DATA_TOO_LONG',
  'ER_TRUNCATED_WRONG_VALUE_FOR_FIELD',
  'ER_WARN_DATA_OUT_OF_RANGE',
  'ER_CHECK_CONSTRAINT_VIOLATED',
])

/** MariaDB's, for a check. */
const checkFailed = 4025

/** A row broke a key, a reference or a column's type. */
export function isConstraintViolation(error: unknown): boolean {
  const { code = '', errno } = error as { code?: string; errno?: number }
  return constraintCodes.has(code) || errno === checkFailed
}

/**
 * MySQL's own: after 1213 a client has to begin the transaction anew, and so it is advised to after 1205, which takes back
 * the statement that waited
 * (https://dev.mysql.com/doc/refman/8.4/en/innodb-error-handling.html). Galera says 1213 as well, also at the COMMIT, of
 * a transaction that others were faster than (https://mariadb.com/docs/galera-cluster/reference/mariadb-galera-cluster-known-limitations). MariaDB takes
 * a transaction back with 1020 where innodb_snapshot_isolation is on, as it is from 11.6.2
 * (https://mariadb.com/docs/server/reference/error-codes/mariadb-error-codes-1000-to-1099/e1020).
 *
 * TiDB's (https://docs.pingcap.com/tidb/stable/error-codes): of 8002, 8022 and 8028 it says that the whole transaction
 * can be tried again safely; 8005 and 9007 are conflicts of writes; 9001 to 9005 are parts of the cluster that did not
 * answer in time, of which it does not say whether a commit went through.
 */
const byNumber: Readonly<Record<number, TransientError>> = {
  1213: { kind: 'conflict', reason: 'deadlock (1213)' },
  1020: { kind: 'conflict', reason: 'record has changed (1020)' },
  8002: { kind: 'conflict', reason: 'write conflict (8002)' },
  8005: { kind: 'conflict', reason: 'write conflict (8005)' },
  8022: { kind: 'conflict', reason: 'commit rolled back (8022)' },
  8028: { kind: 'conflict', reason: 'schema has changed (8028)' },
  9007: { kind: 'conflict', reason: 'write conflict (9007)' },
  1205: { kind: 'locked', reason: 'lock wait timeout (1205)' },
  1040: { kind: 'full', reason: 'no free connection (1040)', limit: 'max_connections' },
  1203: { kind: 'full', reason: 'no free connection (1203)', limit: 'max_user_connections' },
  9001: { kind: 'busy', reason: 'PD timeout (9001)' },
  9002: { kind: 'busy', reason: 'TiKV timeout (9002)' },
  9003: { kind: 'busy', reason: 'TiKV busy (9003)' },
  9004: { kind: 'busy', reason: 'resolve lock timeout (9004)' },
  9005: { kind: 'busy', reason: 'region unavailable (9005)' },
  1290: { kind: 'refused', reason: 'read only (1290)' },
  1792: { kind: 'refused', reason: 'read only (1792)' },
  1836: { kind: 'refused', reason: 'read only (1836)' },
}

/** 1290 is said of every option that forbids a statement. */
const readOnly = /read-only/i

/**
 * Errors without a number of their own. Vitess's gateway says so before it has sent the statement anywhere, while a shard gets
 * a new primary (https://github.com/vitessio/vitess/blob/main/go/vt/vtgate/tabletgateway.go); a transaction that took
 * too long its tablet has rolled back (vttablet's tx killer). A Galera node that is not in its cluster's majority says
 * 1047 to every statement, and 1180 to a COMMIT that finds it so (https://mariadb.com/docs/galera-cluster/reference/wsrep-variable-details/wsrep_ready).
 */
const byText: readonly {
  readonly text: RegExp
  readonly numbers: readonly number[]
  readonly transientError: TransientError
}[] = [
  {
    text: /max_user_connections/i,
    numbers: [1226],
    transientError: { kind: 'full', reason: 'no free connection (1226)', limit: 'max_user_connections' },
  },
  {
    text: /primary is not serving|no healthy tablet available|primary is serving but initially found no available tablet/i,
    numbers: [1105],
    transientError: { kind: 'refused', reason: 'no primary (1105)' },
  },
  {
    text: /keyspace is being resharded/i,
    numbers: [1105],
    transientError: { kind: 'refused', reason: 'resharding (1105)' },
  },
  {
    text: /code = aborted.*transaction \d+: (ended|not found)|transaction \d+: (ended|not found)/i,
    numbers: [1105, 1317],
    transientError: { kind: 'busy', reason: 'transaction ended by its tablet' },
  },
  {
    text: /not yet prepared node for application use/i,
    numbers: [1047],
    transientError: { kind: 'refused', reason: 'node not ready (1047)' },
  },
  {
    text: /provider status/i,
    numbers: [1180],
    transientError: { kind: 'busy', reason: 'error during commit (1180)' },
  },
]

/** Reads an error of mysql2 from MySQL, MariaDB with Galera, TiDB or Vitess; null for one that is not transient. */
export function findMysqlTransientError(error: unknown): TransientError | null {
  const { errno = 0 } = error as { errno?: number }
  const known = byNumber[errno]
  const text = reasonOf(error)
  if (known) return errno === 1290 && !readOnly.test(text) ? null : known
  return byText.find((entry) => entry.numbers.includes(errno) && entry.text.test(text))?.transientError ?? null
}

const ofTable = /^([A-Z][A-Z ,]*) command denied to user '(.*?)'@'(.*?)' for (?:column '.*' in )?table (.+)$/
/** MySQL names the table alone. */
const qualified = /^`((?:[^`]|``)+)`\./
const ofDatabase = /^Access denied for user '(.*?)'@'(.*?)' to database '(.*)'$/
const ofServer = /you need \(at least one of\) the (.+?) privilege/

/** The right that MySQL or MariaDB misses, in the database of `url`. Null where they do not say. */
function findMysqlRight(reason: string, url: string): MissingRight | null {
  const table = ofTable.exec(reason)
  if (table) {
    const [, right = '', user = '', host = '', place = ''] = table
    const database = qualified.exec(place)?.[1]?.replaceAll('``', '`') ?? databaseIn(url)
    return { right: `the right ${right}`, grant: grantOf(right, database, user, host) }
  }
  const database = ofDatabase.exec(reason)
  if (database) {
    const [, user = '', host = '', name = ''] = database
    const right = `every right on the database ${name}, or there is none of that name`
    return { right, grant: grantOf('ALL', name, user, host) }
  }
  const server = ofServer.exec(reason)
  return server ? { right: `the right ${server[1]}` } : null
}

function grantOf(right: string, database: string, user: string, host: string): string {
  return `GRANT ${right} ON \`${database.replaceAll('`', '``')}\`.* TO '${user}'@'${host}'`
}
