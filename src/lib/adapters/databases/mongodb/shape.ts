import type { Document, IndexDescriptionInfo } from 'mongodb'
import { expectedShape } from '../expected-shape.ts'
import type { AnyTable } from '../../../ports/database.ts'
import type { CheckShape, IndexShape, ShapePair } from '../../../ports/table-shape.ts'
import type { MongoConnection } from './connection.ts'

/** The name of the index that every collection has. */
const keyIndex = '_id_'

/** The tables' indexes as they should be, and as the server has them. Documents have whatever fields they are given. */
export function readMongoShapes(connection: MongoConnection, tables: readonly AnyTable[]): Promise<ShapePair[]> {
  return Promise.all(tables.map((table) => readShape(connection, table)))
}

async function readShape(connection: MongoConnection, table: AnyTable): Promise<ShapePair> {
  const expected = { ...expectedShape(table, ({ type }) => type), columns: null, references: [] }
  const indexes = await connection.run(connection.collection(table).indexes())
  const [collection] = await connection.run(
    connection.db.listCollections({ name: table.name }, { nameOnly: false }).toArray(),
  )
  return {
    name: table.name,
    expected,
    found: {
      ...expected,
      indexes: indexes.filter(({ name }) => name !== keyIndex).map((index) => describeMongoIndex(table, index)),
      checks: describeValidator(collection?.options),
    },
  }
}

/** One that only warns, or that is turned off, refuses nothing. */
function describeValidator(options: Document = {}): CheckShape[] {
  const { validator, validationLevel, validationAction } = options
  if (validator === undefined || validationLevel === 'off' || validationAction === 'warn') return []
  return [{ name: 'validator', condition: JSON.stringify(validator) }]
}

/** An index by the names of the table's columns. */
export function describeMongoIndex(table: AnyTable, index: IndexDescriptionInfo): IndexShape {
  const limits = [
    ...(index.partialFilterExpression === undefined ? [] : ['partial']),
    ...(index.sparse ? ['sparse'] : []),
    ...(index.hidden ? ['hidden'] : []),
    ...(index.collation === undefined ? [] : [`collate ${index.collation.locale}`]),
    ...(index.expireAfterSeconds === undefined ? [] : [`expires after ${index.expireAfterSeconds} s`]),
  ]
  return {
    name: index.name ?? '',
    columns: Object.entries(index.key).map(([field, direction]) => {
      const column = field === '_id' ? table.primaryKey : field
      if (Number(direction) === 1) return column
      return `${column} ${Number(direction) === -1 ? 'desc' : String(direction)}`
    }),
    unique: index.unique === true,
    limits: limits.join(', '),
  }
}
