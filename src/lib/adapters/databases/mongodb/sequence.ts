import { createRequire } from 'node:module'
import { MongoServerError, WriteConcern } from 'mongodb'
import { failure } from '../../../base/errors/errors.ts'
import type { MongoConnection } from './connection.ts'
import { duplicateKey } from './errors.ts'

/** The section of a message that holds documents as they are, one behind the other. */
interface DocumentSequence {
  push(document: null, bytes: Buffer): void
}

interface Reply {
  /** Stored. */
  readonly n: number
  readonly writeConcernError?: { readonly errmsg: string }
  readonly writeErrors?: readonly { readonly index: number; readonly code: number; readonly errmsg: string }[]
}

type DocumentSequenceClass = new (field: string) => DocumentSequence

/**
 * The driver's own class for it, which it puts on the wire without a look at the documents. It is not exported: every
 * public bulk write takes objects and turns them into BSON one by one, which costs five to ten times the processor time.
 */
export function findDocumentSequence(): DocumentSequenceClass | null {
  try {
    const commands: unknown = createRequire(import.meta.url)('mongodb/lib/cmap/commands.js')
    const found = (commands as { DocumentSequence?: unknown }).DocumentSequence
    return typeof found === 'function' ? (found as DocumentSequenceClass) : null
  } catch {
    return null
  }
}

/**
 * Inserts documents that are BSON already, each on its own; gives the indexes of those whose key is there already.
 * Throws what else the server says.
 */
export async function insertSequence(
  connection: MongoConnection,
  sequenceClass: DocumentSequenceClass,
  collection: string,
  { chunks, rows }: { readonly chunks: readonly Buffer[]; readonly rows: number },
): Promise<readonly number[]> {
  const documents = new sequenceClass('documents')
  for (const chunk of chunks) documents.push(null, chunk)
  const command = WriteConcern.apply({ insert: collection, documents, ordered: false }, connection.writeConcern)
  const reply = (await connection.write(() => connection.db.command(command))) as Reply
  const { n, writeErrors = [], writeConcernError } = reply
  if (writeConcernError) throw new MongoServerError({ message: writeConcernError.errmsg })
  const other = writeErrors.find(({ code }) => code !== duplicateKey)
  if (other) throw new MongoServerError({ message: other.errmsg, code: other.code })
  if (n + writeErrors.length !== rows) throw failure('rows-differ', { sent: rows, stored: n, warnings: 0 })
  return writeErrors.map(({ index }) => index)
}
