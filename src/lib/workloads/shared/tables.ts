import type { Column, Table } from '../../ports/database.ts'

declare const valueType: unique symbol

/** A column that says in TypeScript which values it has. */
export type TypedColumn<Value = string | number | null> = Column & { readonly [valueType]?: Value }

/** Column types that tables of several workloads have. */
export const integer: TypedColumn<number> = { type: 'integer' }
export const json: TypedColumn<string> = { type: 'json' }
export const ascii = (length: number): TypedColumn<string> => ({ type: 'ascii', length })
/** A whole number of 32 bits. */
export const int4: TypedColumn<number> = { type: 'integer', bytes: 4 }
export const time: TypedColumn<string> = { type: 'time' }
export const char = (length: number): TypedColumn<string> => ({ type: 'char', length })
/** The column, which may be null too. */
export const nullable = <Value>(column: TypedColumn<Value>): TypedColumn<Value | null> => ({
  ...(column as Column),
  nullable: true,
})
export const uuidColumn = ascii(36)
export const sha256Column = ascii(64)
export const text = <Value extends string = string>(maxLength: number): TypedColumn<Value> => ({
  type: 'text',
  maxLength,
})

type RowOfColumns<Columns extends Readonly<Record<string, TypedColumn>>> = {
  readonly [Name in keyof Columns]: Exclude<Columns[Name][typeof valueType], undefined>
}

export type RowOf<Defined> = Defined extends Table<infer Row> ? Row : never

/** A table whose rows are typed by its columns; what is not given of its keys and references it does not have. */
export function defineTable<Columns extends Readonly<Record<string, TypedColumn>>>(
  declared: Pick<Table<RowOfColumns<Columns>>, 'name' | 'primaryKey'> & { readonly columns: Columns } & Partial<
      Omit<Table<RowOfColumns<Columns>>, 'columns'>
    >,
): Table<RowOfColumns<Columns>> {
  const { name, columns, primaryKey, unique = [], indexes = [], references = [], ...rest } = declared
  // In this order: what a migration has made is recognised by the digest of this object as JSON.
  return { name, columns, primaryKey, unique, indexes, references, ...rest }
}
