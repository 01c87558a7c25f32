import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { reasonOf } from '../../../base/errors/errors.ts'
import { StatementError, type StatementFailureKind } from '../../../base/errors/statement-error.ts'
import { asNetworkError, kindOf } from '../statement-errors.ts'
import { isTlsFault } from '../tls.ts'
import { findMysqlTransientError } from './errors.ts'

/** An error as the server tells it. */
export interface MysqlServerError {
  readonly number: number
  readonly state: string
  readonly message: string
}

const [stateMark, stateBytes] = [0x23, 5]

/** Reads an ERR packet (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html). */
export function readMysqlError(bytes: Buffer, at: number, end: number): MysqlServerError {
  const number = bytes.readUInt16LE(at + 1)
  const afterNumber = at + 3
  if (bytes[afterNumber] !== stateMark) return { number, state: '', message: bytes.toString('utf8', afterNumber, end) }
  const afterState = afterNumber + 1 + stateBytes
  return {
    number,
    state: bytes.toString('latin1', afterNumber + 1, afterState),
    message: bytes.toString('utf8', afterState, end),
  }
}

/** Numbers from here on MariaDB and MySQL give to errors of their own. */
const firstOwn = 1900

/** MariaDB's own of statements (https://mariadb.com/docs/server/reference/error-codes). */
const ofMariadb: Readonly<Record<number, string>> = {
  1927: 'ER_CONNECTION_KILLED',
  1967: 'ER_INVALID_DEFAULT_VALUE_FOR_FIELD',
  1969: 'ER_STATEMENT_TIMEOUT',
  4025: 'ER_CONSTRAINT_FAILED',
  4078: 'ER_ILLEGAL_PARAMETER_DATA_TYPE2_FOR_OPERATION',
  4084: 'ER_SEQUENCE_RUN_OUT',
}

/** Names by numbers: MySQL's, which the driver has in a file that it does not tell of. */
let ofMysql: Readonly<Record<number, string>> | null = null

function nameOf(number: number, isMariadb: boolean): string | undefined {
  if (isMariadb && number >= firstOwn) return ofMariadb[number]
  if (ofMysql === null) {
    const require = createRequire(import.meta.url)
    const folder = dirname(require.resolve('mysql2/package.json'))
    ofMysql = require(join(folder, 'lib/constants/errors.js')) as Readonly<Record<number, string>>
  }
  return ofMysql[number]
}

/** Errors with which the session is over: ended by a shutdown, a KILL, or a limit of its own. */
const ofSession: ReadonlySet<number> = new Set([1053, 1927, 4031])
/** A statement that took longer than it was given, on MySQL and on MariaDB. */
const timeouts: ReadonlySet<number> = new Set([3024, 1969])
/** The server took back the statement that waited for a lock, and has kept the rest of the transaction. */
const lockWaitTimeout = 1205

/** A server's error, as a measured load counts it, and what became of the session and its transaction. */
export interface ReadError {
  readonly error: StatementError
  readonly endsSession: boolean
  readonly endsTransaction: boolean
}

export function toStatementError({ number, state, message }: MysqlServerError, isMariadb: boolean): ReadError {
  const endsSession = ofSession.has(number)
  const kind = endsSession ? 'lost' : kindOfNumber(number, message)
  const name = nameOf(number, isMariadb) ?? state
  return {
    error: new StatementError(kind, name === '' ? String(number) : `${number} ${name}`, reasonOf(message)),
    endsSession,
    endsTransaction: kind === 'conflict' && number !== lockWaitTimeout,
  }
}

function kindOfNumber(number: number, message: string): StatementFailureKind {
  if (timeouts.has(number)) return 'timeout'
  const transientError = findMysqlTransientError(Object.assign(new Error(message), { errno: number }))
  return transientError ? kindOf(transientError) : 'refused'
}

/** An error of connecting, which the driver gives. */
export function toConnectError(error: unknown): StatementError {
  const ofNetwork = asNetworkError(error)
  if (ofNetwork) return ofNetwork
  const { code = '', errno = 0 } = error as { readonly code?: string; readonly errno?: number }
  const reason = reasonOf(error)
  if (errno > 0) return new StatementError(kindOfNumber(errno, reason), `${errno} ${code}`.trim(), reason, error)
  const isLost = code === 'PROTOCOL_CONNECTION_LOST' || /closed state/i.test(reason)
  if (isLost) return new StatementError('lost', 'connection lost', reason, error)
  return new StatementError('refused', code || 'login refused', reason, error)
}

/** Whether the server, or its certificate, allowed no encrypted connection. */
export function isWithoutTls(error: unknown): boolean {
  const { code = '' } = error as { readonly code?: string }
  return code === 'HANDSHAKE_NO_SSL_SUPPORT' || code === 'HANDSHAKE_SSL_ERROR' || isTlsFault(error)
}
