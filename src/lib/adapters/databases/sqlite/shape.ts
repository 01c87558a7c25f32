import type { AnyTable, Value } from '../../../ports/database.ts'
import { sqliteDialect } from '../sql/dialect.ts'
import { expectedSqlShape, foundSqlShape, type Catalog, type CatalogRow } from '../sql/shape.ts'
import type { Statement } from '../sql/statements.ts'
import type { ShapePair } from '../../../ports/table-shape.ts'
import { findChecks } from './checks.ts'

interface Session {
  query(statement: Statement): Record<string, Value>[]
}

/** Hidden 2 and 3: columns that SQLite computes. */
const columnsSql = `select name, type, "notnull" as required, hidden in (2, 3) as generated, dflt_value is not null as filled
  from pragma_table_xinfo(?) where hidden <> 1`

const indexesSql = `select i.name as name, i."unique" as is_unique, i.origin = 'pk' as is_primary,
    coalesce(t.name, '(expression)') || iif(t."desc", ' desc', '') ||
      iif(t.coll = 'BINARY', '', ' collate ' || lower(t.coll)) as term,
    iif(i.partial, 'where ...', '') as limits
  from pragma_index_list(?) as i join pragma_index_xinfo(i.name) as t where t."key" = 1 order by i.seq, t.seqno`

/** A whole number as the key is the row's own number, and has no index. */
const rowNumberSql =
  "select '' as name, 1 as is_primary, name as term from pragma_table_xinfo(?) where pk > 0 order by pk"

const referencesSql = `select f.id as name, f."from" as column_name, f."table" as parent,
    coalesce(f."to", (select name from pragma_table_xinfo(f."table") where pk = f.seq + 1)) as parent_column,
    f.on_delete as on_delete, f.on_update as on_update
  from pragma_foreign_key_list(?) as f order by f.id, f.seq`

const textSql = "select sql from sqlite_master where type = 'table' and name = ?"

const triggersSql = "select name from sqlite_master where type = 'trigger' and tbl_name = ? order by name"

/** The tables as they should be, and as the file's schema has them. */
export function readSqliteShapes(session: Session, tables: readonly AnyTable[]): ShapePair[] {
  return tables.map((table) => ({
    name: table.name,
    expected: expectedSqlShape(sqliteDialect, table, sqliteAffinity),
    found: foundSqlShape(table, readCatalog(session, table), sqliteAffinity),
  }))
}

function readCatalog(session: Session, { name }: AnyTable): Catalog {
  const ask = (sql: string): CatalogRow[] =>
    session.query({ sql, parameters: [name] }).map((row) => ({ ...row, of_table: name }))
  const indexes = ask(indexesSql)
  const hasKey = indexes.some((row) => row['is_primary'])
  return {
    columns: ask(columnsSql),
    indexes: hasKey ? indexes : [...indexes, ...ask(rowNumberSql)],
    references: ask(referencesSql),
    triggers: ask(triggersSql),
    partitions: [],
    // No pragma tells of them.
    checks: ask(textSql).flatMap(({ sql }) => findChecks(String(sql)).map((check) => ({ ...check, of_table: name }))),
  }
}

/** What a column makes of its values, by the rules of https://www.sqlite.org/datatype3.html#determination_of_column_affinity. */
export function sqliteAffinity(type: string): string {
  if (/int/i.test(type)) return 'integer'
  if (/char|clob|text/i.test(type)) return 'text'
  if (/blob/i.test(type) || type.trim() === '') return 'blob'
  return /real|floa|doub/i.test(type) ? 'real' : 'numeric'
}
