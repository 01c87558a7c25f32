import type { AnyTable, ColumnNature } from '../../../ports/database.ts'
import type { MongoConnection } from './connection.ts'
import { fieldOf } from './documents.ts'

/** How the fields of a collection compare: by what its first document has, since nothing else says what they hold. */
export async function readMongoNatures(
  connection: MongoConnection,
  table: AnyTable,
): Promise<Map<string, ColumnNature>> {
  const document = await connection.repeat(() => connection.collection(table).findOne({}))
  const [described] = await connection.run(
    connection.db.listCollections({ name: table.name }, { nameOnly: false }).toArray(),
  )
  const collation = described?.options?.['collation'] as { readonly strength?: number } | undefined
  const natures = new Map<string, ColumnNature>()
  for (const column of Object.keys(table.columns)) {
    const value: unknown = document?.[fieldOf(table, column)]
    if (value !== undefined && value !== null) natures.set(column, mongoNature(value, collation?.strength))
  }
  return natures
}

const numbers = new Set(['Decimal128', 'Long', 'Int32', 'Double'])

/** Letters that differ in case alone are equal below this strength of a collation, and with other accents below the other. */
const caseStrength = 3
const accentStrength = 2

/** How a field compares that holds such a value. */
export function mongoNature(value: unknown, strength: number = caseStrength): ColumnNature {
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
