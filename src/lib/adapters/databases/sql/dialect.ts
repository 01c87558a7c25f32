import {
  type DatabaseIntrospector,
  type DialectAdapter,
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryCompiler,
  type RawBuilder,
  sql,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { keyColumnsOf, type AnyTable, type Column } from '../../../ports/database.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- tables are known at run time only
type Builder = Kysely<any>

/** Differences in the text of SQL from engine to engine. */
export interface SqlDialect {
  /** Makes SQL text; it has no connection. */
  readonly builder: Builder
  /** In one statement. */
  readonly maxParameters: number
  /** Whether the values of `in (...)` are bound as one JSON text: one shape of SQL, and no limit to their number. */
  readonly listsAsJson: boolean
  columnType(column: Column): RawBuilder<unknown>
  /** Text behind a column whose values the database numbers. */
  readonly numbering: RawBuilder<unknown>
  /** A literal as DEFAULT takes it for such a column. */
  defaultOf(column: Column, literal: RawBuilder<unknown>): RawBuilder<unknown>
  /** Text behind the closing bracket of CREATE TABLE. */
  tableSuffix(table: AnyTable, mark: string): RawBuilder<unknown>
  /** The text of CREATE TABLE with the mark put in, where it is not in the suffix, and what marks the table after it. */
  markTable(text: string, table: AnyTable, mark: string): readonly string[]
  /** An index is named within its table rather than within the database. */
  readonly indexesBelongToTables: boolean
}

function textOnly(
  Adapter: new () => DialectAdapter,
  Introspector: new (builder: Builder) => DatabaseIntrospector,
  QueryCompiler: new () => QueryCompiler,
): Builder {
  return new Kysely({
    dialect: {
      createAdapter: () => new Adapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (builder) => new Introspector(builder),
      createQueryCompiler: () => new QueryCompiler(),
    },
  })
}

export const sqliteDialect: SqlDialect = {
  builder: textOnly(SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler),
  maxParameters: 32_766,
  listsAsJson: true,
  columnType: (column) => (column.type === 'integer' ? sql`integer` : sql`text`),
  // A whole number as the key is the row's own number.
  numbering: sql``,
  defaultOf: (_column, literal) => literal,
  // A text key in a table of its own tree costs a second index; without a rowid, 21% less disk. A watch needs the rowid.
  tableSuffix: (table) => (table.watched || isNumbered(table) ? sql`` : sql`without rowid`),
  // SQLite keeps the statement's text as it was, comments included.
  markTable: (text, _table, mark) => [text.replace('(', `(/* ${mark} */ `)],
  indexesBelongToTables: false,
}

/** SQLite gives such rows a number of their own, which is their key where that is one whole number. */
function isNumbered(table: AnyTable): boolean {
  const [key, ...others] = keyColumnsOf(table)
  return key === undefined || (others.length === 0 && table.columns[key]?.type === 'integer')
}

/** Characters: a row of MySQL has 65,535 bytes, of which a character takes up to four; a longer text is kept beside its row. */
const longestVarchar = 16_000

export const mysqlDialect: SqlDialect = {
  builder: textOnly(MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler),
  maxParameters: 65_535,
  listsAsJson: false,
  columnType(column) {
    if (column.type === 'integer') return column.bytes === 4 ? sql`int` : sql`bigint`
    if (column.type === 'json') return sql`json`
    if (column.type === 'time') return sql`datetime(6)`
    if (column.type === 'ascii' || column.type === 'char')
      return sql`char(${sql.lit(column.length)}) character set ascii collate ascii_bin`
    const type = column.maxLength > longestVarchar ? sql`mediumtext` : sql`varchar(${sql.lit(column.maxLength)})`
    return sql`${type} character set utf8mb4 collate utf8mb4_bin`
  },
  numbering: sql`auto_increment`,
  // Types that are kept beside the row take no plain literal.
  defaultOf: (column, literal) =>
    column.type === 'json' || (column.type === 'text' && column.maxLength > longestVarchar)
      ? sql`(${literal})`
      : literal,
  tableSuffix: (_table, mark) => sql`engine = InnoDB comment = ${sql.lit(mark)}`,
  markTable: (text) => [text],
  indexesBelongToTables: true,
}

export const postgresDialect: SqlDialect = {
  builder: textOnly(PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler),
  maxParameters: 65_535,
  listsAsJson: false,
  columnType(column) {
    if (column.type === 'integer') return column.bytes === 4 ? sql`integer` : sql`bigint`
    if (column.type === 'json') return sql`jsonb`
    if (column.type === 'time') return sql`timestamp`
    if (column.type === 'char') return sql`char(${sql.lit(column.length)}) collate "C"`
    const length = column.type === 'ascii' ? column.length : column.maxLength
    // By bytes, as on the other engines, whatever the locale of the database.
    return sql`varchar(${sql.lit(length)}) collate "C"`
  },
  numbering: sql`generated by default as identity`,
  defaultOf: (_column, literal) => literal,
  // A changed row stays in its page, and the indexes as they are, while the page has room (a heap-only tuple).
  tableSuffix: ({ updatedOften = false }) => (updatedOften ? sql`with (fillfactor = 50)` : sql``),
  markTable: (text, table, mark) => [text, `comment on table "${table.name}" is '${mark}'`],
  indexesBelongToTables: false,
}
