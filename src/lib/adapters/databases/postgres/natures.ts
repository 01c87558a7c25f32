import type { AnyTable, ColumnNature, Value } from '../../../ports/database.ts'
import type { PostgresConnections } from './connection.ts'

/** Domains are followed to what they are of. Collations have been deterministic or not since PostgreSQL 12. */
const sql = `with recursive typed as (
    select a.attname as name, t.typname, t.typtype, t.typcategory, t.typbasetype, a.attcollation
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
    union all
    select d.name, t.typname, t.typtype, t.typcategory, t.typbasetype, d.attcollation
    from typed d join pg_type t on t.oid = d.typbasetype where d.typtype = 'd')
  select name::text as name, typname::text as type, typcategory::text as category,
    coalesce((to_jsonb(c) ->> 'collisdeterministic')::boolean, true) as deterministic
  from typed left join pg_collation c on c.oid = attcollation where typtype <> 'd'`

/** How the columns of a table or a view compare. */
export async function readPostgresNatures(
  connections: PostgresConnections,
  table: AnyTable,
): Promise<Map<string, ColumnNature>> {
  const quoted = table.name.split('.').map((part) => `"${part}"`)
  const rows = await connections.query({ sql, parameters: [quoted.join('.')] })
  return new Map(rows.map((row) => [String(row['name']), natureOf(row)]))
}

const numbers = new Set(['int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'oid'])

/** Categories of pg_type: arrays, times, spans, shapes, ranges, bits, rows. */
const unlikeTexts = new Set(['A', 'D', 'T', 'G', 'R', 'V', 'C'])
const neitherTextNorNumber = new Set(['bytea', 'json', 'jsonb', 'xml', 'tsvector', 'money'])

function natureOf({ type: name, category, deterministic }: Record<string, Value>): ColumnNature {
  const type = String(name)
  if (numbers.has(type)) return { type, compares: 'number' }
  if (type === 'uuid') return { type, compares: 'uuid' }
  if (unlikeTexts.has(String(category)) || neitherTextNorNumber.has(type)) return { type, compares: 'other' }
  if (String(deterministic) === 'false') {
    return { type: `${type} with a collation that is not deterministic`, compares: 'other' }
  }
  if (type === 'bpchar') return { type, compares: 'text', ignoresEndSpaces: true }
  return { type, compares: 'text', ...(type === 'citext' ? { ignoresCase: 'all' } : {}) }
}
