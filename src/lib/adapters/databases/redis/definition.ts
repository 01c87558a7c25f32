import type { AnyTable } from '../../../ports/database.ts'

/** A hash: the definition of each table by its name, which is also what marks a table as ours. */
export const definitionsKey = 'rushbench:tables'

/** Prefix of the keys of a table's data; the table's name follows it. */
export const dataPrefix = 'rushbench:table:'

/** A table as the server keeps it, for the scripts to read. */
export interface Definition {
  readonly mark: string
  readonly columns: readonly string[]
  /** The columns that hold whole numbers; the others hold texts. */
  readonly integers: Readonly<Record<string, true>>
  readonly key: string
  readonly unique: readonly (readonly string[])[]
  readonly indexes: readonly (readonly string[])[]
  readonly references: readonly { readonly column: string; readonly table: string }[]
}

/** The definition of a table. Throws TypeError for a name that would not fit into a key, and for a column that is not there. */
export function defineTable(table: AnyTable, mark: string): Definition {
  const columns = Object.keys(table.columns)
  for (const name of [table.name, ...columns]) {
    if (!/^[\w$-]+$/.test(name)) throw new TypeError(`${name} is no name for a table or a column`)
  }
  const missing = [...table.unique, ...table.indexes].flat().find((column) => !columns.includes(column))
  if (missing !== undefined) throw new TypeError(`${table.name} has no column ${missing} to index`)
  return {
    mark,
    columns,
    integers: Object.fromEntries(columns.filter((column) => isInteger(table, column)).map((column) => [column, true])),
    key: table.primaryKey,
    unique: table.unique,
    indexes: indexesOf(table),
    references: table.references.map(({ column, table: parent }) => ({ column, table: parent })),
  }
}

/** The indexes of a table: by some of several unique columns, too, rows are looked up. */
export function indexesOf({ indexes, unique }: AnyTable): readonly (readonly string[])[] {
  return [...indexes, ...unique.filter((columns) => columns.length > 1)]
}

/** Whether a column holds whole numbers. */
export function isInteger(table: AnyTable, column: string): boolean {
  return table.columns[column]?.type === 'integer'
}
