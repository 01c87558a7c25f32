import type { AnyTable } from '../../../ports/database.ts'
import type { MongoConnection } from './connection.ts'
import type { Doc } from './documents.ts'
import { findDuplicates } from './errors.ts'

/** Keys that are named in one command: FerretDB cannot take more than 32,766. */
const keysPerRemoval = 10_000

/**
 * Stores all documents or none: when a key is there already, those that went in are taken out again. Others may see
 * them meanwhile. After any other error some may be stored.
 */
export async function insertDocuments(
  connection: MongoConnection,
  table: AnyTable,
  documents: readonly Doc[],
): Promise<void> {
  if (documents.length === 0) return
  try {
    // Ordered, it would stop at the first that is refused, and nobody could tell the rest from those that went in.
    await connection.write(() => connection.collection(table).insertMany(documents, { ordered: false }))
  } catch (error) {
    const duplicates = findDuplicates(error)
    if (duplicates) {
      const refused = new Set(duplicates)
      await removeDocuments(
        connection,
        table,
        documents.filter((_, index) => !refused.has(index)),
      )
    }
    throw error
  }
}

/** By their keys. */
export async function removeDocuments(
  connection: MongoConnection,
  table: AnyTable,
  documents: readonly Pick<Doc, '_id'>[],
): Promise<void> {
  const keys = documents.map(({ _id }) => _id)
  for (let at = 0; at < keys.length; at += keysPerRemoval) {
    const some = keys.slice(at, at + keysPerRemoval)
    await connection.repeat(() => connection.collection(table).deleteMany({ _id: { $in: some } }))
  }
}
