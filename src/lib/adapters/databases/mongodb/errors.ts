import {
  MongoDriverError,
  MongoBulkWriteError,
  MongoCompatibilityError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
} from 'mongodb'
import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import { isTlsFault, reasonOfTls } from '../tls.ts'
import { type TransientError, databaseIn, userIn, type MissingRight } from '../errors.ts'

type Translation =
  | 'database-denied'
  | 'database-missing'
  | 'database-lost'
  | 'database-busy'
  | 'database-read-only'
  | 'connections-exhausted'
  | 'disk-full'
  | 'right-missing'

/** MongoDB's own numbers. */
const translations: Readonly<Record<number, Translation>> = {
  13: 'right-missing', // Unauthorized
  18: 'database-denied', // AuthenticationFailed
  334: 'database-denied', // MechanismUnavailable
  8000: 'database-denied', // AtlasError, on a login
  73: 'database-missing', // InvalidNamespace
  24: 'database-busy', // LockTimeout
  50: 'database-busy', // MaxTimeMSExpired
  112: 'database-busy', // WriteConflict
  91: 'database-lost', // ShutdownInProgress
  189: 'database-lost', // PrimarySteppedDown
  10107: 'database-read-only', // NotWritablePrimary
  13435: 'database-read-only', // NotPrimaryNoSecondaryOk
  13436: 'database-read-only', // NotPrimaryOrSecondary
  11600: 'database-lost', // InterruptedAtShutdown
  11602: 'database-lost', // InterruptedDueToReplStateChange
  14031: 'disk-full', // OutOfDiskSpace
}

const namespaceExists = 48
/** The number of the error for a key that is there already. */
export const duplicateKey = 11000

/** An error of the driver as one of ours where there is a sentence for it. */
export function translateMongoError(thrown: unknown, url: string): unknown {
  if (thrown instanceof RushbenchError) return thrown
  const error = unwrap(thrown)
  const tooOld = findTooOld(error)
  if (tooOld) return failure('database-not-ours', { url, reason: reasonOf(tooOld) }, error)
  const reason = reasonOf(error)
  if (error instanceof MongoServerSelectionError) {
    const cause = findCause(error)
    if (isTlsFault(cause)) return failure('encryption-refused', { url, reason: reasonOfTls(error) }, error)
    // Either closes the connection before it has said a word.
    const full = 'a server that takes no more connections (net.maxIncomingConnections) does just that'
    const isCutOff = reason.endsWith(' closed')
    const told =
      asksForTls.test(url) && (isCutOff || cutOffInTls.test(reason))
        ? `${reason}; a server that does not speak TLS does just that, and ${full}`
        : isCutOff
          ? `${reason}; ${full}`
          : reason
    return failure('database-unreachable', { url, reason: told }, error)
  }
  if (isOfDns(error, reason)) return failure('database-unreachable', { url, reason }, error)
  const known = findTranslation(error, reason)
  if (known === undefined) return error
  if (known === 'connections-exhausted') return failure(known, { url, reason, limit: 'maxPoolSize' }, error)
  return failure(known, { url, reason, ...(known === 'right-missing' && findMongoRight(reason, url)) }, error)
}

/** A URL with TLS: `mongodb+srv` is encrypted unless it says otherwise. */
const asksForTls = /[?&](tls|ssl)=true|^mongodb\+srv:(?!.*[?&](tls|ssl)=false)/i

/** Node's words for a connection that ended during the TLS handshake. */
const cutOffInTls = /ECONNRESET|before secure TLS connection was established/

/** Whether Node or the driver says that the records which `mongodb+srv` is looked up by are missing or wrong. */
function isOfDns(error: unknown, reason: string): boolean {
  const { syscall = '' } = error as { syscall?: string }
  const ofRecords = /^(No addresses found at host|Server record does not|Multiple text records|Text record may)/
  return syscall.startsWith('query') || (error instanceof MongoDriverError && ofRecords.test(reason))
}

function findTranslation(error: unknown, reason: string): Translation | undefined {
  // The driver does not export its class.
  if (error instanceof Error && error.name === 'MongoWaitQueueTimeoutError') return 'connections-exhausted'
  if (isLost(error)) return 'database-lost'
  const known = translations[codeOf(error)]
  // The same number is said to those who have not logged in at all.
  if (known === 'right-missing' && /requires authentication/i.test(reason)) return 'database-denied'
  return codeOf(error) === 8000 && /not (allowed|authorized)/i.test(reason) ? 'right-missing' : known
}

/** An insert of many documents hides what went wrong with the connection in an error of its own. */
function unwrap(error: unknown): unknown {
  if (!(error instanceof MongoBulkWriteError)) return error
  const inner: unknown = error.errorResponse
  return inner instanceof Error ? inner : error
}

/** The driver gives up on a server that it cannot use like on one that is not there, and keeps the reason inside. */
function findTooOld(error: unknown): Error | null {
  if (error instanceof MongoCompatibilityError) return error
  return error instanceof Error && error.cause !== undefined ? findTooOld(error.cause) : null
}

/** The innermost error: what the socket said. */
function findCause(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? findCause(error.cause) : error
}

/** Whether the connection broke, or was closed. */
export function isLost(error: unknown): boolean {
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoNotConnectedError ||
    error instanceof MongoTopologyClosedError
  )
}

function codeOf(error: unknown): number {
  return error instanceof MongoServerError ? Number(error.code) : Number.NaN
}

/** A collection of that name is there already. */
export function isTaken(error: unknown): boolean {
  return codeOf(error) === namespaceExists
}

/**
 * Which documents of an unordered insert were refused for a key that is there already, by index; null when anything
 * else went wrong as well, and nobody can tell which were stored.
 */
export function findDuplicates(error: unknown): readonly number[] | null {
  if (!(error instanceof MongoBulkWriteError)) return null
  const all = [error.writeErrors].flat()
  if (all.length === 0 || all.some(({ code }) => code !== duplicateKey)) return null
  return all.map(({ index }) => index)
}

/**
 * Codes of a server that is no primary, or stops being one, with the names of
 * https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md. The driver tries
 * writes of one document again itself, once; so does mongos. The first three are said before anything is done. Others may
 * come in the middle of it. WriteConflict and LockTimeout, and all that carries the label of a transaction that may be
 * begun anew, leave nothing behind (https://www.mongodb.com/docs/manual/reference/error-codes/).
 */
const byCode: Readonly<Record<number, TransientError>> = {
  10107: { kind: 'refused', reason: 'not writable primary (10107)' },
  13435: { kind: 'refused', reason: 'not primary (13435)' },
  13436: { kind: 'refused', reason: 'not primary or secondary (13436)' },
  112: { kind: 'conflict', reason: 'write conflict (112)' },
  24: { kind: 'conflict', reason: 'lock timeout (24)' },
  6: { kind: 'busy', reason: 'host unreachable (6)' },
  7: { kind: 'busy', reason: 'host not found (7)' },
  89: { kind: 'busy', reason: 'network timeout (89)' },
  91: { kind: 'busy', reason: 'shutdown in progress (91)' },
  189: { kind: 'busy', reason: 'primary stepped down (189)' },
  262: { kind: 'busy', reason: 'exceeded time limit (262)' },
  9001: { kind: 'busy', reason: 'socket exception (9001)' },
  11600: { kind: 'busy', reason: 'interrupted at shutdown (11600)' },
  11602: { kind: 'busy', reason: 'interrupted by a change of the replica set (11602)' },
}

/** Reads an error of the driver; null for one that is not transient. */
export function findMongoTransientError(error: unknown): TransientError | null {
  if (error instanceof MongoServerSelectionError) {
    // Nothing was sent: the servers are there, and choose.
    return error.reason?.type === 'ReplicaSetNoPrimary' ? { kind: 'refused', reason: 'no primary' } : null
  }
  if (error instanceof MongoBulkWriteError) {
    // Some of its documents are stored, and others not.
    if ([error.writeErrors].flat().length > 0 || error.insertedCount > 0) return null
    // What the server said of the whole command, the driver has made its own.
    const inner: unknown = error.errorResponse
    if (inner instanceof Error) return findMongoTransientError(inner)
  }
  if (!(error instanceof MongoServerError)) return null
  const known = byCode[Number(error.code)] ?? null
  // It was done by a server that then ceased to be the primary.
  if (known && error instanceof MongoWriteConcernError) return { ...known, kind: 'busy' }
  if (error.hasErrorLabel('TransientTransactionError')) {
    return { kind: 'conflict', reason: known?.reason ?? 'transient transaction error' }
  }
  if (error.hasErrorLabel('NoWritesPerformed')) {
    return { kind: 'refused', reason: known?.reason ?? 'no writes performed' }
  }
  return known
}

const onCommand = /^not authorized on (\S+) to execute command \{\s*"?(\w+)/i
const onAction = /not allowed to do action \[(\w+)\] on \[([^.\]]+)/i

/** The right that MongoDB misses. Null where it does not say. */
function findMongoRight(reason: string, url: string): MissingRight | null {
  const [, database = databaseIn(url), command] = onCommand.exec(reason) ?? []
  const [, action, place = database] = onAction.exec(reason) ?? []
  const name = command ?? action
  if (name === undefined) return null
  const user = userIn(url)
  const grant = `db.grantRolesToUser(${JSON.stringify(user)}, [{ role: "readWrite", db: ${JSON.stringify(place)} }])`
  return { right: `the right to ${name} in ${place}`, ...(user !== null && { grant }) }
}
