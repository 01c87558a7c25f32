import { MongoBulkWriteError, MongoServerError, MongoServerSelectionError, MongoWriteConcernError } from 'mongodb'
import type { Setback } from '../setback.ts'

/**
 * What a server says that is no primary, or stops being one, with the names of
 * https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md. The driver tries
 * writes of one document again itself, once; so does mongos. The first three are said before anything is done. Others may
 * come in the middle of it. WriteConflict and LockTimeout, and all that carries the label of a transaction that may be
 * begun anew, leave nothing behind (https://www.mongodb.com/docs/manual/reference/error-codes/).
 */
const byCode: Readonly<Record<number, Setback>> = {
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

/** What MongoDB means by an error of the driver. */
export function findMongoSetback(error: unknown): Setback | null {
  if (error instanceof MongoServerSelectionError) {
    // Nothing was sent: the servers are there, and choose.
    return error.reason?.type === 'ReplicaSetNoPrimary' ? { kind: 'refused', reason: 'no primary' } : null
  }
  if (error instanceof MongoBulkWriteError) {
    // Some of its documents are stored, and others not.
    if ([error.writeErrors].flat().length > 0 || error.insertedCount > 0) return null
    // What the server said of the whole command, the driver has made its own.
    const inner: unknown = error.errorResponse
    if (inner instanceof Error) return findMongoSetback(inner)
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
