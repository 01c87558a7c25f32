import type { AnyTable } from '../../../ports/database.ts'
import type { MongoConnection } from './connection.ts'

/** Where the marks are kept: a collection has no comment of its own. */
export const marksCollection = 'rushbench_tables'

interface Mark {
  readonly _id: string
  /** The server's own id of the collection: one that somebody else makes under the same name later has another. */
  readonly uuid: string
  readonly mark: string
}

/** Marks by name and id of the collection (`schedules 94c76731-...`). */
export async function readMarks(connection: MongoConnection): Promise<Map<string, string>> {
  const marks = await connection.run(connection.db.collection<Mark>(marksCollection).find().toArray())
  return new Map(marks.map(({ _id, uuid, mark }) => [`${_id} ${uuid}`, mark]))
}

/** Marks the collection that was just made. */
export async function remember(connection: MongoConnection, table: AnyTable, mark: string): Promise<void> {
  const [made] = await connection.run(
    connection.db.listCollections({ name: table.name }, { nameOnly: false }).toArray(),
  )
  const uuid = String(made?.info?.uuid)
  const marks = connection.db.collection<Mark>(marksCollection)
  await connection.run(marks.updateOne({ _id: table.name }, { $set: { uuid, mark } }, { upsert: true }))
}

/** Takes the mark of a collection that was dropped away. */
export async function forget(connection: MongoConnection, table: AnyTable): Promise<void> {
  await connection.run(connection.db.collection<Mark>(marksCollection).deleteOne({ _id: table.name }))
}
