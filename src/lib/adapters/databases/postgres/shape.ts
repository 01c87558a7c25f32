import type { AnyTable, Value, ColumnCollation } from '../../../ports/database.ts'
import { expectedSqlShape, foundSqlShape, type Catalog } from '../sql/shape.ts'
import type { ShapePair } from '../../../ports/table-shape.ts'
import type { PostgresConnections } from './connection.ts'
import type { PostgresFlavour } from './flavour.ts'
import { triggersOf } from './notification.ts'

const ours = 'n.nspname = current_schema() and c.relname = any($1)'

/**
 * By pg_catalog, which hides no column from a user without rights on the table. pg_attribute has no word for a column that
 * is computed before PostgreSQL 12.
 */
const columnsSql = `select c.relname as of_table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
    l.collname as collation_name, a.attnotnull as required, a.atthasdef or a.attidentity <> '' as filled,
    coalesce(to_jsonb(a) ->> 'attgenerated', '') <> '' or a.attidentity = 'a' as generated
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    left join pg_collation l on l.oid = a.attcollation and l.collname <> 'default'
  where ${ours} and a.attnum > 0 and not a.attisdropped order by c.relname, a.attnum`

const indexesSql = `select c.relname as of_table, i.relname as name, x.indisunique as is_unique, x.indisprimary as is_primary,
    coalesce(a.attname::text, pg_get_indexdef(x.indexrelid, t.nr, true)) ||
      case when x.indoption[t.nr - 1] & 1 = 1 then ' desc' else '' end as term,
    concat_ws(' ', case when not x.indisvalid then 'invalid' end,
      case when m.amname in ('hash', 'gin', 'gist', 'spgist', 'brin', 'inverted') then 'using ' || m.amname end,
      'where ' || pg_get_expr(x.indpred, x.indrelid)) as limits
  from pg_index x join pg_class i on i.oid = x.indexrelid join pg_am m on m.oid = i.relam
    join pg_class c on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace
    cross join lateral generate_series(1, x.indnkeyatts::int) as t (nr)
    left join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[t.nr - 1] and a.attnum > 0
  where ${ours} order by c.relname, i.relname, t.nr`

/** Where the parent has partitions, PostgreSQL keeps one more of each reference for each of them. */
const referencesSql = `select c.relname as of_table, k.conname as name, a.attname as column_name,
    k.confrelid::regclass::text as parent, b.attname as parent_column, ${ruleOf('k.confdeltype')} as on_delete,
    ${ruleOf('k.confupdtype')} as on_update, concat_ws(' ', case when k.condeferrable then 'deferrable' end,
      case when not k.convalidated then 'not valid' end) as limits
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
    cross join lateral generate_subscripts(k.conkey, 1) as t (nr)
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[t.nr]
    join pg_attribute b on b.attrelid = k.confrelid and b.attnum = k.confkey[t.nr]
  where ${ours} and k.contype = 'f' and k.conparentid = 0 order by c.relname, k.conname, t.nr`

function ruleOf(column: string): string {
  return `case ${column} when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default' else '' end`
}

/** Disabled ones do nothing for sessions like ours. */
const triggersSql = `select c.relname as of_table, t.tgname as name
  from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
  where ${ours} and not t.tgisinternal and t.tgenabled in ('O', 'A') order by t.tgname`

const partitionsSql = `select c.relname as of_table, p.relname as name
  from pg_inherits h join pg_class p on p.oid = h.inhrelid join pg_class c on c.oid = h.inhparent
    join pg_namespace n on n.oid = c.relnamespace
  where ${ours} order by p.relname`

/** An exclusion refuses rows as a check does. Partitions have copies of those of their parent. */
const checksSql = `select c.relname as of_table, k.conname as name,
    regexp_replace(pg_get_constraintdef(k.oid, true), '^CHECK ', '') as condition
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
  where ${ours} and k.contype in ('c', 'x') order by k.conname`

/** Traits of a table that may drop or hide rows, or lose them in a crash. */
const traitsSql = `select c.relname as of_table, 'rule' as what, r.rulename::text as name
    from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
    where ${ours} and r.rulename <> '_RETURN' and r.ev_enabled in ('O', 'A')
  union all select c.relname, 'row level security', case when c.relforcerowsecurity then 'forced' else 'enabled' end
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours} and c.relrowsecurity
  union all select c.relname, 'persistence', 'unlogged'
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours} and c.relpersistence = 'u'
  order by 1, 2, 3`

/** The tables as they should be, and as pg_catalog has them. */
export async function readPostgresShapes(
  connections: PostgresConnections,
  { dialect, notifications }: Pick<PostgresFlavour, 'dialect' | 'notifications'>,
  tables: readonly AnyTable[],
): Promise<ShapePair[]> {
  if (tables.length === 0) return []
  const catalog = await readCatalog(connections, tables)
  return tables.map((table) => ({
    name: table.name,
    expected: {
      ...expectedSqlShape(dialect, table, normalisePostgresType),
      triggers: notifications && table.watched === true ? triggersOf(table) : [],
    },
    found: foundSqlShape(table, catalog, normalisePostgresType),
  }))
}

async function readCatalog(connections: PostgresConnections, tables: readonly AnyTable[]): Promise<Catalog> {
  const names: unknown = tables.map(({ name }) => name)
  const ask = (sql: string) =>
    connections.withSession((session) => session.query({ sql, parameters: [names] as Value[] }))
  const columns = await ask(columnsSql)
  return {
    columns: columns.map(({ type, collation_name: collation, ...row }) => ({
      ...row,
      type: `${String(type)}${collation === null ? '' : ` collate "${collation}"`}`,
    })),
    indexes: await ask(indexesSql),
    references: await ask(referencesSql),
    triggers: await ask(triggersSql),
    partitions: await ask(partitionsSql),
    checks: await ask(checksSql),
    // What only speaks PostgreSQL's protocol may know nothing of the kind.
    traits: await ask(traitsSql).catch(() => []),
  }
}

/** A type by its shorter name, which CREATE TABLE takes and the catalog does not use. */
export function normalisePostgresType(type: string): string {
  return type
    .replace(/^character varying\b/, 'varchar')
    .replace(/^character\b/, 'char')
    .replace(/^int8\b/, 'bigint')
    .replace(/^timestamp without time zone$/, 'timestamp')
}

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
export async function readPostgresCollations(
  connections: PostgresConnections,
  table: AnyTable,
): Promise<Map<string, ColumnCollation>> {
  const quoted = table.name.split('.').map((part) => `"${part}"`)
  const rows = await connections.query({ sql, parameters: [quoted.join('.')] })
  return new Map(rows.map((row) => [String(row['name']), collationOf(row)]))
}

const numbers = new Set(['int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'oid'])

/** Categories of pg_type: arrays, times, spans, shapes, ranges, bits, rows. */
const unlikeTexts = new Set(['A', 'D', 'T', 'G', 'R', 'V', 'C'])
const neitherTextNorNumber = new Set(['bytea', 'json', 'jsonb', 'xml', 'tsvector', 'money'])

function collationOf({ type: name, category, deterministic }: Record<string, Value>): ColumnCollation {
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
