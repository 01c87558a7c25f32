import type { AnyTable, ColumnName, FindOptions, Patch, Store, Table, Value, Where } from '../../../ports/database.ts'
import { applyChanges } from './apply.ts'
import type { MongoConnection, Doc } from './connection.ts'
import { fieldOf, toDocument, toFilter, toOperators, toRow, insertDocuments } from './documents.ts'

/** Documents that are read at once: some MB at the most. */
const batchSize = 2000

/** `Store` on MongoDB: what it says of one row holds; more than one row is stored and changed row by row. */
export function createMongoStore(connection: MongoConnection): Store {
  function open<R extends object>(table: Table<R>, where: Where<R>, options: FindOptions<R>) {
    const { columns, orderBy = [], descending = false, limit } = options
    const sort = orderBy.map((column): [string, 1 | -1] => [fieldOf(table, column), descending ? -1 : 1])
    // To MongoDB a limit of 0 is none.
    const cursor = connection.collection(table).find(toFilter(table, where), { sort, batchSize, limit: limit ?? 0 })
    return columns ? cursor.project<Doc>(projectionOf(table, columns)) : cursor
  }

  return {
    insert: (table, rows) =>
      insertDocuments(
        connection,
        table,
        rows.map((row) => toDocument(table, row)),
      ),
    async find<R extends object, C extends ColumnName<R>>(
      table: Table<R>,
      where: Where<R>,
      options: FindOptions<R, C> = {},
    ) {
      if (options.limit === 0) return []
      const documents = await connection.repeat(() => open(table, where, options).toArray())
      return documents.map((document) => toRow(table, document, options.columns) as Pick<R, C>)
    },
    async update<R extends object>(table: Table<R>, where: Where<R>, patch: Patch<R>) {
      const collection = connection.collection(table)
      const filter = toFilter(table, where)
      const operators = toOperators(table, patch)
      const { matchedCount } = isOneRow(filter)
        ? await connection.write(() => collection.updateOne(filter, operators))
        : await connection.run(collection.updateMany(filter, operators))
      return matchedCount
    },
    async remove(table, where) {
      const work = connection.collection(table).deleteMany(toFilter(table, where))
      return (await connection.run(work)).deletedCount
    },
    async *scan<R extends object, C extends ColumnName<R>>(table: Table<R>, columns?: readonly C[]) {
      await using cursor = open(table, {}, { orderBy: [table.primaryKey], ...(columns ? { columns } : {}) })
      while (await connection.run(cursor.hasNext())) {
        for (const document of cursor.readBufferedDocuments()) yield toRow(table, document, columns) as Pick<R, C>
      }
    },
    count: (table) => connection.repeat(() => connection.collection(table).countDocuments({})),
    async countBy<R extends object>(table: Table<R>, column: ColumnName<R>) {
      const group = { $group: { _id: `$${fieldOf(table, column)}`, count: { $sum: 1 } } }
      const rows = await connection.repeat(() =>
        connection
          .collection(table)
          .aggregate<{ _id: Value; count: number }>([group], { allowDiskUse: true })
          .toArray(),
      )
      return new Map(rows.map(({ _id, count }) => [_id, count]))
    },
    apply: (changes) => applyChanges(connection, changes),
  }
}

/** MongoDB gives back the key unless it is told not to. */
function projectionOf(table: AnyTable, columns: readonly string[]): Record<string, 0 | 1> {
  return { _id: 0, ...Object.fromEntries(columns.map((column) => [fieldOf(table, column), 1])) }
}

function isOneRow(filter: object): boolean {
  return '_id' in filter && typeof filter._id !== 'object'
}
