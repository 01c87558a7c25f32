import type { AnyTable, ColumnNature } from '../../../ports/database.ts'
import type { SqliteConnection } from './connection.ts'
import { sqliteAffinity } from './shape.ts'

/** How the columns of a table or a view compare. */
export function readSqliteNatures(connection: SqliteConnection, { name }: AnyTable): Map<string, ColumnNature> {
  const [table = name, schema = null] = name.split('.').toReversed()
  const columns = connection.query({
    sql: `select name, type from pragma_table_xinfo(?${schema === null ? '' : ', ?'})`,
    parameters: schema === null ? [table] : [table, schema],
  })
  return new Map(
    columns.map(({ name: column, type }) => {
      const declared = String(type)
      const affinity = sqliteAffinity(declared)
      if (affinity !== 'text' && affinity !== 'blob') return [String(column), { type: declared, compares: 'number' }]
      return [String(column), textNature(connection, name, String(column), declared)]
    }),
  )
}

/** Nothing tells the collation of a column but the column itself, whose rows need not be read for that. */
function textNature(connection: SqliteConnection, table: string, column: string, type: string): ColumnNature {
  const quoted = table
    .split('.')
    .map((part) => `"${part}"`)
    .join('.')
  const areOne = (one: string, other: string): boolean => {
    const sql = `select count(*) as count from (select "${column}" from ${quoted} where 0 union select '${one}' union select '${other}')`
    return Number(connection.query({ sql, parameters: [] })[0]?.['count']) === 1
  }
  return {
    type,
    compares: 'text',
    ...(areOne('a', 'A') ? { ignoresCase: 'ascii' } : {}),
    ...(areOne('a', 'a ') ? { ignoresEndSpaces: true } : {}),
  }
}
