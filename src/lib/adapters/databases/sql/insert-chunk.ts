import { sql } from 'kysely'
import type { AnyLayout, EncodedRows } from '../../../ports/database.ts'
import type { SqlDialect } from './dialect.ts'

/**
 * One INSERT that holds the chunk's values as text: the way in where a server forbids its native one. Encoded rows
 * have no quote and no backslash, so that they can stand in the text as they are.
 */
export function insertChunkSql({ builder }: SqlDialect, layout: AnyLayout, { bytes, rows }: EncodedRows): string {
  const columns = sql.join(layout.fields.map(({ column }) => sql.ref(column)))
  const head = sql`insert into ${sql.table(layout.table.name)} (${columns}) values `.compile(builder).sql
  const tuples: string[] = []
  for (let row = 0; row < rows; row++) {
    const cells = layout.fields.map(({ offset, width }) => {
      const at = row * layout.rowBytes + offset
      return `'${bytes.toString('latin1', at, at + width)}'`
    })
    tuples.push(`(${cells.join(',')})`)
  }
  return head + tuples.join(',')
}
