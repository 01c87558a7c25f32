import type { Table } from '../../ports/database.ts'

/** Column types that tables of several workloads have. */
export const integer = { type: 'integer' } as const
export const uuidColumn = { type: 'ascii', length: 36 } as const
export const sha256Column = { type: 'ascii', length: 64 } as const
export const text = (maxLength: number) => ({ type: 'text', maxLength }) as const

type Declared = 'name' | 'columns' | 'primaryKey'

/** A table; what is not given of its keys and references it does not have. */
export function defineTable<Row extends object>(
  declared: Pick<Table<Row>, Declared> & Partial<Omit<Table<Row>, Declared>>,
): Table<Row> {
  const { name, columns, primaryKey, unique = [], indexes = [], references = [], ...rest } = declared
  // In this order: what a migration has made is recognised by the digest of this object as JSON.
  return { name, columns, primaryKey, unique, indexes, references, ...rest }
}
