import { type CreateTableBuilder, sql } from 'kysely'
import { keyColumnsOf, type AnyTable, type Column, type TableChange } from '../../../ports/database.ts'
import type { SqlDialect } from './dialect.ts'

/** CREATE TABLE and CREATE INDEX for `table`, which carries `mark` (printable ASCII without quotes). */
export function createTableSql(dialect: SqlDialect, table: AnyTable, mark: string): string[] {
  if (!/^[\w :.-]*$/.test(mark))
    throw new RangeError(`a mark of letters, digits, spaces, ":", "." and "-", not ${mark}`)
  let create: CreateTableBuilder<string, string> = dialect.builder.schema.createTable(table.name)
  for (const [name, column] of Object.entries(table.columns)) {
    create = create.addColumn(name, dialect.columnType(column), (definition) => {
      const numbered = isGenerated(column) ? definition.modifyEnd(dialect.numbering) : definition
      return column.nullable ? numbered : numbered.notNull()
    })
  }
  const keys = keyColumnsOf(table)
  if (keys.length > 0) create = create.addPrimaryKeyConstraint(`${table.name}_pk`, [...keys])
  for (const columns of table.unique) {
    create = create.addUniqueConstraint(indexName(table, columns, true), [...columns])
  }
  for (const { column, table: parent, key } of table.references) {
    create = create.addForeignKeyConstraint(referenceName(table, column), [column], parent, [key])
  }
  const text = create.modifyEnd(dialect.tableSuffix(table, mark)).compile().sql
  return [...dialect.markTable(text, table, mark), ...createIndexSql(dialect, table)]
}

function isGenerated(column: Column): boolean {
  return column.type === 'integer' && column.generated === true
}

/** CREATE INDEX for each of the table's indexes whose name is not among those that are `present`. */
export function createIndexSql(
  { builder }: SqlDialect,
  table: AnyTable,
  present: ReadonlySet<unknown> = new Set(),
): string[] {
  return table.indexes.flatMap((columns) => {
    const name = indexName(table, columns, false)
    const index = builder.schema.createIndex(name).on(table.name)
    return present.has(name) ? [] : [index.columns([...columns]).compile().sql]
  })
}

/** DROP INDEX for each of the table's indexes whose name is among those that are `present`. */
export function dropIndexSql(dialect: SqlDialect, table: AnyTable, present: ReadonlySet<unknown>): string[] {
  const names = table.indexes.map((columns) => indexName(table, columns, false)).filter((name) => present.has(name))
  return names.map((name) => {
    const drop = dialect.builder.schema.dropIndex(name)
    return (dialect.indexesBelongToTables ? drop.on(table.name) : drop).compile().sql
  })
}

/** The name of the index, or of the unique constraint, on `columns`. */
export function indexName(table: AnyTable, columns: readonly string[], isUnique: boolean): string {
  return `${table.name}_${columns.join('_')}_${isUnique ? 'unique' : 'index'}`
}

/** The name of the foreign key of `column`. */
export function referenceName(table: AnyTable, column: string): string {
  return `${table.name}_${column}_fk`
}

/** The statements of one change of a table. */
export function changeTableSql(dialect: SqlDialect, change: TableChange): string[] {
  const { kind, table } = change
  if (kind === 'create') return createTableSql(dialect, table, change.mark)
  if (kind === 'drop') return [dropTableSql(dialect, table)]
  // PostgreSQL alone has triggers, and adds their statements.
  if (kind === 'remake triggers') return []
  if (kind === 'add column') return [addColumnSql(dialect, table, change.column, change.value)]
  const only = { ...table, indexes: [change.columns] }
  if (kind === 'add index') return createIndexSql(dialect, only)
  return dropIndexSql(dialect, only, new Set([indexName(table, change.columns, false)]))
}

/** The default stays: what was started before the change goes on inserting rows without the column. */
function addColumnSql(dialect: SqlDialect, table: AnyTable, name: string, value: string | number): string {
  const column = table.columns[name] as Column
  const literal = dialect.defaultOf(column, sql.lit(value))
  return dialect.builder.schema
    .alterTable(table.name)
    .addColumn(name, dialect.columnType(column), (definition) => definition.notNull().defaultTo(literal))
    .compile().sql
}

export function dropTableSql(dialect: SqlDialect, table: AnyTable): string {
  return dialect.builder.schema.dropTable(table.name).compile().sql
}
