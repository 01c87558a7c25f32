import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import { givingUp, waitedOf } from '../retry.ts'
import { isTlsFault } from '../tls.ts'
import type { Waiting } from '../waits.ts'
import { findMysqlRight } from './rights.ts'
import { findMysqlSetback } from './setbacks.ts'

type Translation =
  | 'encryption-refused'
  | 'database-unreachable'
  | 'database-denied'
  | 'database-missing'
  | 'database-lost'
  | 'disk-full'
  | 'connections-exhausted'
  | 'right-missing'
  | 'statement-timeout'
  | 'packet-too-large'
  | 'tables-depended-on'

const translations: Readonly<Record<string, Translation>> = {
  ECONNREFUSED: 'database-unreachable',
  ENOTFOUND: 'database-unreachable',
  EAI_AGAIN: 'database-unreachable',
  ETIMEDOUT: 'database-unreachable',
  EHOSTUNREACH: 'database-unreachable',
  // The driver's own, for a server that does not encrypt.
  HANDSHAKE_NO_SSL_SUPPORT: 'encryption-refused',
  HANDSHAKE_SSL_ERROR: 'encryption-refused',
  ENOENT: 'database-unreachable',
  ENOTDIR: 'database-unreachable',
  EACCES: 'database-unreachable',
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
  ECONNRESET: 'database-lost',
  EPIPE: 'database-lost',
  ER_SERVER_SHUTDOWN: 'database-lost',
  ER_RECORD_FILE_FULL: 'disk-full',
  ER_DISK_FULL: 'disk-full',
}

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
  const setback = findMysqlSetback(error)
  if (setback) return givingUp(error, setback, url, waiting && waitedOf(waiting))
  const { code = '', errno = 0, fatal = false } = error as { code?: string; errno?: number; fatal?: boolean }
  const known = isTlsFault(error)
    ? 'encryption-refused'
    : (translations[code] ?? translationsByNumber[errno] ?? (fatal || isClosed(error) ? 'database-lost' : null))
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
