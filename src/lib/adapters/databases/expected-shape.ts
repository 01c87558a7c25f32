import type { AnyTable, Column } from '../../ports/database.ts'
import type { TableShape } from '../../ports/table-shape.ts'

/** The shape of a table that is made as it was declared; `typeOf` names a column's type as the engine's catalog does. */
export function expectedShape(table: AnyTable, typeOf: (column: Column) => string): TableShape {
  const declared: [string, Column][] = Object.entries(table.columns)
  return {
    columns: declared.map(([name, column]) => ({ name, type: `${typeOf(column)} not null`, optional: false })),
    primaryKey: [table.primaryKey],
    indexes: [
      ...table.unique.map((columns) => ({ name: '', columns, unique: true, limits: '' })),
      ...table.indexes.map((columns) => ({ name: '', columns, unique: false, limits: '' })),
    ],
    references: table.references.map(({ column, table: parent, key }) => ({
      columns: [column],
      parent: `${parent} (${key})`,
    })),
    triggers: [],
    partitions: [],
    checks: [],
  }
}
