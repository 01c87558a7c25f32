import { chunksOf } from '../../../base/chunks.ts'
import type { AnyPatch, AnyTable, AnyWhere, Condition, Value } from '../../../ports/database.ts'
import type { Doc, MongoConnection } from './connection.ts'
import { findDuplicates } from './errors.ts'

/** Conditions as MongoDB reads them. */
export type Filter = Record<string, Value | Record<string, Value | readonly Value[]>>

/** The name under which a column is kept. */
export function fieldOf(table: AnyTable, column: string): string {
  return column === table.primaryKey ? '_id' : column
}

/** The key comes first, the others in the table's order. Throws TypeError for a row without one of the columns. */
export function toDocument(table: AnyTable, row: object): Doc {
  const values = row as Record<string, Value | undefined>
  const document: Record<string, Value> = { _id: valueOf(values, table.primaryKey) }
  for (const column of Object.keys(table.columns)) {
    if (column !== table.primaryKey) document[column] = valueOf(values, column)
  }
  return document as Doc
}

function valueOf(row: Record<string, Value | undefined>, column: string): Value {
  const value = row[column]
  if (value === undefined) throw new TypeError(`a row has no ${column}`)
  return value
}

/** The row that `toDocument` made this of, or some columns of it; all are in the table's order. */
export function toRow(
  table: AnyTable,
  document: Doc,
  columns: readonly string[] = Object.keys(table.columns),
): Record<string, Value> {
  const row: Record<string, Value> = {}
  for (const column of columns) row[column] = document[fieldOf(table, column)] as Value
  return row
}

const operators = { gt: '$gt', gte: '$gte', lt: '$lt', lte: '$lte', in: '$in' } as const

/** All conditions must hold. Throws TypeError for a condition that is undefined. */
export function toFilter(table: AnyTable, where: AnyWhere): Filter {
  const filter: Filter = {}
  for (const [column, condition] of Object.entries(where) as [string, Condition<Value> | undefined][]) {
    // Left out, it would match every row.
    if (condition === undefined) throw new TypeError(`no value for ${column}`)
    if (typeof condition !== 'object' || condition === null) {
      filter[fieldOf(table, column)] = condition
      continue
    }
    const parts = Object.entries(condition)
      .filter(([, value]) => value !== undefined)
      .map(([operator, value]) => [operators[operator as keyof typeof operators], value])
    // To MongoDB {} is not "no condition" but "an empty document".
    if (parts.length > 0) filter[fieldOf(table, column)] = Object.fromEntries(parts)
  }
  return filter
}

/** New values, and amounts to be added. */
export interface Operators {
  $set?: Record<string, Value>
  $inc?: Record<string, number>
}

/** A patch as MongoDB reads it; it changes at least one column. */
export function toOperators(table: AnyTable, patch: AnyPatch): Operators {
  const change: Operators = {}
  for (const [column, value] of Object.entries(patch) as [string, Value | { readonly add: number }][]) {
    const field = fieldOf(table, column)
    if (typeof value === 'object' && value !== null) (change.$inc ??= {})[field] = value.add
    else (change.$set ??= {})[field] = value
  }
  return change
}

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
  for (const some of chunksOf(keys, keysPerRemoval)) {
    await connection.repeat(() => connection.collection(table).deleteMany({ _id: { $in: some } }))
  }
}
