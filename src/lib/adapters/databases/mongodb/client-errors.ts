import { MongoServerError, MongoServerSelectionError, type Document } from 'mongodb'
import { reasonOf } from '../../../base/errors/errors.ts'
import { StatementError, type StatementFailureKind } from '../../../base/errors/statement-error.ts'
import { asNetworkError, kindOf } from '../statement-errors.ts'
import { findMongoTransientError, isLost } from './errors.ts'

/** Names of codes that come without them, as parts of an answer (https://www.mongodb.com/docs/manual/reference/error-codes/). */
const names: Readonly<Record<number, string>> = {
  2: 'BadValue',
  14: 'TypeMismatch',
  28: 'PathNotViable',
  40: 'ConflictingUpdateOperators',
  52: 'DollarPrefixedFieldName',
  64: 'WriteConcernTimeout',
  66: 'ImmutableField',
  112: 'WriteConflict',
  121: 'DocumentValidationFailure',
  11000: 'DuplicateKey',
}

const timeouts: ReadonlySet<number> = new Set([50, 262])

/** An error of the driver as a measured load counts it. */
export function toStatementError(error: unknown): StatementError {
  const reason = reasonOf(error)
  if (error instanceof StatementError) return error
  if (error instanceof MongoServerError) {
    const code = Number(error.code)
    return new StatementError(kindOfServerError(error, code), withName(code, error.codeName), reason, error)
  }
  // What aborted it stands inside.
  const inner = error instanceof Error ? error.cause : null
  if (inner instanceof StatementError) return inner
  if (error instanceof MongoServerSelectionError) return new StatementError('lost', 'no server', reason, error)
  if (isLost(error)) return new StatementError('lost', 'connection lost', reason, error)
  if (error instanceof Error && error.name === 'MongoWaitQueueTimeoutError') {
    return new StatementError('full', 'no free connection', reason, error)
  }
  const name = error instanceof Error ? error.name : 'error'
  return asNetworkError(error) ?? new StatementError('refused', name, reason, error)
}

function kindOfServerError(error: MongoServerError, code: number): StatementFailureKind {
  if (timeouts.has(code)) return 'timeout'
  const transientError = findMongoTransientError(error)
  return transientError ? kindOf(transientError) : 'refused'
}

function withName(code: number, name: unknown): string {
  if (!Number.isInteger(code)) return typeof name === 'string' ? name : 'error'
  const told = typeof name === 'string' && name !== '' && !/^Location\d+$/.test(name) ? name : names[code]
  return told === undefined ? String(code) : `${code} ${told}`
}

/** The error within an answer to a command that was taken: a document that was not stored, or servers that did not say so. */
export function findFault(reply: Document): StatementError | null {
  const [first] = (reply['writeErrors'] ?? []) as { code?: number; errmsg?: string }[]
  if (first) return new StatementError('refused', withName(Number(first.code), null), reasonOf(first.errmsg))
  const ofConcern = reply['writeConcernError'] as { code?: number; codeName?: string; errmsg?: string } | undefined
  if (!ofConcern) return null
  // It was done, and may be undone yet.
  return new StatementError('timeout', withName(Number(ofConcern.code), ofConcern.codeName), reasonOf(ofConcern.errmsg))
}
