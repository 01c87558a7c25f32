import type { Document, IndexDescriptionInfo } from 'mongodb'
import { expectedShape } from '../table-shapes.ts'
import type { AnyTable, ColumnCollation } from '../../../ports/database.ts'
import type { CheckShape, IndexShape, ShapePair } from '../../../ports/table-shape.ts'
import type { MongoConnection } from './connection.ts'
import { fieldOf } from './documents.ts'

/** The name of the index that every collection has. */
const keyIndex = '_id_'

/** The tables' indexes as they should be, and as the server has them. Documents have whatever fields they are given. */
export function readMongoShapes(connection: MongoConnection, tables: readonly AnyTable[]): Promise<ShapePair[]> {
  return Promise.all(tables.map((table) => readShape(connection, table)))
}

async function readShape(connection: MongoConnection, table: AnyTable): Promise<ShapePair> {
  const expected = { ...expectedShape(table, ({ type }) => type), columns: null, references: [] }
  const indexes = await connection.run(connection.collection(table).indexes())
  const collection = await connection.describe(table)
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

/** How the fields of a collection compare: by what its first document has, since nothing else says what they hold. */
export async function readMongoCollations(
  connection: MongoConnection,
  table: AnyTable,
): Promise<Map<string, ColumnCollation>> {
  const document = await connection.repeat(() => connection.collection(table).findOne({}))
  const described = await connection.describe(table)
  const collation = described?.options?.['collation'] as { readonly strength?: number } | undefined
  const collations = new Map<string, ColumnCollation>()
  for (const column of Object.keys(table.columns)) {
    const value: unknown = document?.[fieldOf(table, column)]
    if (value !== undefined && value !== null) collations.set(column, mongoCollation(value, collation?.strength))
  }
  return collations
}

const numbers = new Set(['Decimal128', 'Long', 'Int32', 'Double'])

/** Letters that differ in case alone are equal below this strength of a collation, and with other accents below the other. */
const caseStrength = 3
const accentStrength = 2

/** How a field compares that holds such a value. */
export function mongoCollation(value: unknown, strength: number = caseStrength): ColumnCollation {
  const { _bsontype: kind } = Object(value) as { readonly _bsontype?: string }
  const type = kind ?? (value instanceof Date ? 'Date' : typeof value)
  if (typeof value === 'number' || numbers.has(type)) return { type, compares: 'number' }
  if (type === 'ObjectId') return { type, compares: 'text', ignoresCase: 'ascii' }
  if (type === 'Binary' && (value as { readonly sub_type?: number }).sub_type === uuidSubtype) {
    return { type: 'UUID', compares: 'uuid' }
  }
  if (typeof value === 'object') return { type, compares: 'other' }
  return {
    type,
    compares: 'text',
    ...(strength < caseStrength ? { ignoresCase: 'all' } : {}),
    ...(strength < accentStrength ? { ignoresAccents: true } : {}),
  }
}

const uuidSubtype = 4
