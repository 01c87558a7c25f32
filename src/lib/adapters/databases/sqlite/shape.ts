import type { AnyTable, ColumnCollation } from '../../../ports/database.ts'
import { sqliteDialect } from '../sql/dialect.ts'
import { expectedSqlShape, foundSqlShape, type Catalog, type CatalogRow } from '../sql/shape.ts'
import type { ShapePair, CheckShape } from '../../../ports/table-shape.ts'
import type { SqliteSession } from './session.ts'

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
export function readSqliteShapes(session: SqliteSession, tables: readonly AnyTable[]): ShapePair[] {
  return tables.map((table) => ({
    name: table.name,
    expected: expectedSqlShape(sqliteDialect, table, sqliteAffinity),
    found: foundSqlShape(table, readCatalog(session, table), sqliteAffinity),
  }))
}

function readCatalog(session: SqliteSession, { name }: AnyTable): Catalog {
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

/** The affinity of a column, by the rules of https://www.sqlite.org/datatype3.html#determination_of_column_affinity. */
export function sqliteAffinity(type: string): string {
  if (/int/i.test(type)) return 'integer'
  if (/char|clob|text/i.test(type)) return 'text'
  if (/blob/i.test(type) || type.trim() === '') return 'blob'
  return /real|floa|doub/i.test(type) ? 'real' : 'numeric'
}

/** How the columns of a table or a view compare. */
export function readSqliteCollations(connection: SqliteSession, { name }: AnyTable): Map<string, ColumnCollation> {
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
      return [String(column), textCollation(connection, name, String(column), declared)]
    }),
  )
}

/** Nothing tells the collation of a column but the column itself, whose rows need not be read for that. */
function textCollation(connection: SqliteSession, table: string, column: string, type: string): ColumnCollation {
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

/** Comments, texts, names in quotes, words and everything else, one after the other. */
const tokens =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]?|[\w$\u0080-\uffff]+|\s+|[\s\S]/g

interface Token {
  readonly text: string
  readonly at: number
}

/** The CHECK constraints in the text of a CREATE TABLE, which SQLite keeps as it was written. */
export function findChecks(sql: string): CheckShape[] {
  const words = Array.from(sql.matchAll(tokens), ({ 0: text, index: at }): Token => ({ text, at })).filter(
    ({ text }) => !/^(\s|--|\/\*)/.test(text),
  )
  return words.flatMap(({ text }, index) => {
    const opening = words[index + 1]
    if (text.toLowerCase() !== 'check' || opening?.text !== '(') return []
    const end = endOf(words, index + 1)
    const isNamed = words[index - 2]?.text.toLowerCase() === 'constraint'
    return [{ name: isNamed ? unquoted(words[index - 1]?.text ?? '') : '', condition: sql.slice(opening.at, end) }]
  })
}

/** Where the bracket closes that opens at `first`: the place behind it. */
function endOf(words: readonly Token[], first: number): number | undefined {
  let depth = 0
  for (const { text, at } of words.slice(first)) {
    if (text === '(') depth++
    if (text === ')' && --depth === 0) return at + 1
  }
  return undefined
}

function unquoted(name: string): string {
  return name.replace(/^(["`[])(.*)["`\]]$/s, '$2')
}
