import type { CreateTableBuilder } from 'kysely'
import type { AnyTable } from '../port.ts'
import type { SqlDialect } from './dialect.ts'

/** CREATE TABLE and CREATE INDEX for `table`, which carries `mark` (printable ASCII without quotes). */
export function createTableSql(dialect: SqlDialect, table: AnyTable, mark: string): string[] {
  if (!/^[\w :.-]*$/.test(mark))
    throw new RangeError(`a mark of letters, digits, spaces, ":", "." and "-", not ${mark}`)
  let create: CreateTableBuilder<string, string> = dialect.builder.schema.createTable(table.name)
  for (const [name, column] of Object.entries(table.columns)) {
    create = create.addColumn(name, dialect.columnType(column), (definition) => definition.notNull())
  }
  create = create.addPrimaryKeyConstraint(`${table.name}_pk`, [table.primaryKey])
  for (const columns of table.unique) {
    create = create.addUniqueConstraint(`${table.name}_${columns.join('_')}_unique`, [...columns])
  }
  for (const { column, table: parent, key } of table.references) {
    create = create.addForeignKeyConstraint(`${table.name}_${column}_fk`, [column], parent, [key])
  }
  const text = create.modifyEnd(dialect.tableSuffix(table, mark)).compile().sql
  return [dialect.markCreateTable(text, mark), ...createIndexSql(dialect, table)]
}

function createIndexSql(dialect: SqlDialect, table: AnyTable): string[] {
  return table.indexes.map(
    (columns) =>
      dialect.builder.schema
        .createIndex(`${table.name}_${columns.join('_')}_index`)
        .on(table.name)
        .columns([...columns])
        .compile().sql,
  )
}

/** DROP TABLE for `table`. */
export function dropTableSql(dialect: SqlDialect, table: AnyTable): string {
  return dialect.builder.schema.dropTable(table.name).compile().sql
}
