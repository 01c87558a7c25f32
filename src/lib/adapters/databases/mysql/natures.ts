import type { AnyTable, ColumnNature } from '../../../ports/database.ts'
import type { MysqlConnections } from './connection.ts'

const sql = `select column_name as name, data_type as type, collation_name as collation
  from information_schema.columns where table_schema = coalesce(?, database()) and table_name = ?`

/** How the columns of a table or a view compare. */
export async function readMysqlNatures(
  connections: MysqlConnections,
  { name }: AnyTable,
): Promise<Map<string, ColumnNature>> {
  const [table = name, schema = null] = name.split('.').toReversed()
  const rows = await connections.query({ sql, parameters: [schema, table] })
  return new Map(
    rows.map(({ name: column, type, collation }) => [
      String(column),
      mysqlNature(String(type).toLowerCase(), collation === null || collation === undefined ? null : String(collation)),
    ]),
  )
}

const numbers = /^((tiny|small|medium|big)?int|decimal|float|double|year)$/
const texts = /^((var)?char|(tiny|medium|long)?text|enum|set|inet[46])$/

/** How a column of that type compares; null stands for no collation. */
export function mysqlNature(type: string, collation: string | null): ColumnNature {
  if (numbers.test(type)) return { type, compares: 'number' }
  if (type === 'uuid') return { type, compares: 'uuid' }
  if (!texts.test(type)) return { type, compares: 'other' }
  const name = collation ?? ''
  const ignoresCase = name.endsWith('_ci')
  // All pad but those of newer versions that say so; and `char` loses the spaces at its end when it is read.
  const pads = name !== '' && !/_0900_|_nopad_|^binary$/.test(name)
  return {
    type,
    compares: 'text',
    ...(ignoresCase ? { ignoresCase: 'all' } : {}),
    ...(ignoresCase && !name.includes('_as_') ? { ignoresAccents: true } : {}),
    ...(pads || type === 'char' ? { ignoresEndSpaces: true } : {}),
  }
}
