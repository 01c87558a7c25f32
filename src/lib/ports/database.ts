import type { ClientOptions, DatabaseClient } from './database-client.ts'
import type { RowLogFollower } from './row-log.ts'
import type { ShapePair } from './table-shape.ts'
import type {
  ConnectionFacts,
  Durability,
  OnWait,
  RetryCounts,
  ServerFacts,
  StatementStatistics,
} from './database-facts.ts'

/** A column's value. Integers stay within 2^53 - 1; texts have no U+0000, which PostgreSQL cannot store. */
export type Value = string | number | null

/**
 * One column of a table. `text` is variable, up to four million characters; `ascii` has exactly `length` bytes, and `char`
 * up to so many, which servers fill up with blanks. `json` takes and gives the text of one JSON value, which means the same
 * when it comes back and may be written otherwise (PostgreSQL orders the fields). `time` has no zone, and is
 * `2026-01-31 08:00:00.000000`, with as many digits of a second as the engine gives.
 */
export type Column = (
  | {
      readonly type: 'integer'
      /** 4 where values of 32 bits are enough; 8 unless it is given. */
      readonly bytes?: 4
      /** The database numbers rows that come without it. */
      readonly generated?: true
    }
  | { readonly type: 'text'; readonly maxLength: number }
  | { readonly type: 'ascii'; readonly length: number }
  | { readonly type: 'char'; readonly length: number }
  | { readonly type: 'json' }
  | { readonly type: 'time' }
) & {
  /** It may be null, and left out of rows that come in bulk. */
  readonly nullable?: true
}

/** How a column compares its values, some of which may be equal though they are written differently. */
export interface ColumnCollation {
  /** As the database calls it. */
  readonly type: string
  /** `other`: bytes, times, lists and JSON, which neither a text nor a number can be checked against. */
  readonly compares: 'text' | 'number' | 'uuid' | 'other'
  /** For all letters, or for a to z only. */
  readonly ignoresCase?: 'all' | 'ascii'
  readonly ignoresAccents?: true
  readonly ignoresEndSpaces?: true
}

/** The columns of `R` that can be named. */
export type ColumnName<R> = keyof R & string

/** A table that a workload declares; engines turn it into their own DDL. */
export interface Table<R extends object> {
  readonly name: string
  readonly columns: Readonly<Record<ColumnName<R>, Column>>
  /** The column of the key; where `keyColumns` is given, the first column that rows are told apart by. */
  readonly primaryKey: ColumnName<R>
  /** All columns of a key of several, in order; empty for a table without any. The neutral store does not page through either. */
  readonly keyColumns?: readonly ColumnName<R>[]
  readonly unique: readonly (readonly ColumnName<R>[])[]
  readonly indexes: readonly (readonly ColumnName<R>[])[]
  readonly references: readonly { readonly column: ColumnName<R>; readonly table: string; readonly key: string }[]
  /** Its rows are changed again and again, not just stored: engines that would move them elsewhere leave room for it. */
  readonly updatedOften?: boolean
  /** `watchRows` can be asked for it: on PostgreSQL it is made with a trigger, on SQLite with row numbers. */
  readonly watched?: boolean
}

// oxlint-disable-next-line typescript/no-explicit-any -- a Table is invariant in R, and `any` is TypeScript's only "some R"
type AnyRow = any

/** A table of whatever rows. */
export type AnyTable = Table<AnyRow>

/** The columns of a table's key: one as a rule. */
export function keyColumnsOf({ primaryKey, keyColumns }: AnyTable): readonly string[] {
  return keyColumns ?? [primaryKey]
}

/** The one column of a table's key. Throws TypeError for a table that has another number of them. */
export function requireKeyColumn<R extends object>(table: Table<R>): ColumnName<R> {
  if (table.keyColumns === undefined) return table.primaryKey
  const key = table.keyColumns.length === 0 ? 'no key' : `a key of several columns (${table.keyColumns.join(', ')})`
  throw new TypeError(`${table.name} has ${key}: it can only be read by statements of its own`)
}

/** Conditions on a table of whatever rows. */
export type AnyWhere = Where<AnyRow>

/** New values for a table of whatever rows. */
export type AnyPatch = Patch<AnyRow>

/** A condition on a column: a value, a range, or a list. All given parts must hold. */
export type Condition<V> =
  | V
  | { readonly gt?: V; readonly gte?: V; readonly lt?: V; readonly lte?: V; readonly in?: readonly V[] }

/** All conditions must hold; an empty object matches every row. */
export type Where<R extends object> = { readonly [C in ColumnName<R>]?: Condition<R[C]> }

/** New values, or `{ add: n }` to add to what is there (atomically, in the engine). */
export type Patch<R extends object> = { readonly [C in ColumnName<R>]?: R[C] | { readonly add: number } }

/** The columns, order and number of rows that `find` returns. */
export interface FindOptions<R extends object, C extends ColumnName<R> = ColumnName<R>> {
  /** All unless given. */
  readonly columns?: readonly C[]
  readonly orderBy?: readonly ColumnName<R>[]
  /** The largest first, in every column of `orderBy`. */
  readonly descending?: boolean
  readonly limit?: number
}

/** An update that must hit at least one row for its change to happen (a compare-and-set). */
export interface Guard<R extends object> {
  readonly table: Table<R>
  readonly where: Where<R>
  readonly patch: Patch<R>
}

/** Rows for one table. */
export interface Rows<R extends object> {
  readonly table: Table<R>
  readonly rows: readonly R[]
}

/** One all-or-nothing step: when the guard hits no row, nothing of it is stored. */
export interface Change {
  /** Null: the rows are stored whatever is there. */
  readonly guard: Guard<AnyRow> | null
  readonly insert: readonly Rows<AnyRow>[]
}

/** The neutral store that every workload's API and audit are written against. */
export interface Store {
  insert<R extends object>(table: Table<R>, rows: readonly R[]): Promise<void>
  find<R extends object, C extends ColumnName<R> = ColumnName<R>>(
    table: Table<R>,
    where: Where<R>,
    options?: FindOptions<R, C>,
  ): Promise<Pick<R, C>[]>
  /** Rows matched; `where` doubles as compare-and-set (book only while stock > 0). */
  update<R extends object>(table: Table<R>, where: Where<R>, patch: Patch<R>): Promise<number>
  remove<R extends object>(table: Table<R>, where: Where<R>): Promise<number>
  /** Every row, in primary-key order, without holding them all in memory; only `columns` of it when they are given. */
  scan<R extends object, C extends ColumnName<R> = ColumnName<R>>(
    table: Table<R>,
    columns?: readonly C[],
  ): AsyncIterable<Pick<R, C>>
  count<R extends object>(table: Table<R>): Promise<number>
  /** Rows for each value of `column`. */
  countBy<R extends object>(table: Table<R>, column: ColumnName<R>): Promise<Map<Value, number>>
  /**
   * Applies each change or leaves it out whole, in order, and tells which were applied. Durable when
   * it resolves: changes that are passed together share one commit. An error (a key that is
   * there already, a lost server) is thrown for the whole batch; none of it is stored, unless the
   * server went away while it committed, when nobody can know.
   */
  apply(changes: readonly Change[]): Promise<boolean[]>
}

/** Rows as fixed-width, tab-separated, newline-ended ASCII: the one form that every native bulk path reads. */
export interface EncodedRows {
  readonly bytes: Buffer
  readonly rows: number
}

/** The layout of whatever rows. */
export type AnyLayout = RowLayout<AnyRow>

/** Where each column stands in an encoded row. Integers are zero-padded. Offsets and widths in bytes. */
export interface RowLayout<R extends object> {
  readonly table: Table<R>
  readonly fields: readonly { readonly column: ColumnName<R>; readonly offset: number; readonly width: number }[]
  /** With the newline. */
  readonly rowBytes: number
}

/** A parent's column that says how many more children it may have: counter = capacity - children. */
export interface Counter {
  readonly parent: AnyTable
  readonly counter: string
  readonly capacity: string
  readonly child: AnyTable
  readonly reference: string
}

/** The parents (by primary key, both ends in) whose counter is to be set anew. */
export interface KeyRange {
  readonly from: number
  readonly to: number
}

/** Rows that are stored together: all of them or none, where the engine has transactions. */
export interface Block {
  readonly rows: number
  /**
   * The rows in chunks of at most `rowsPerChunk` (base/limits) whole rows, made while they are sent. May be gone through again
   * (after a deadlock) with the same bytes. A chunk's buffer is used again after `chunksKept` more chunks.
   */
  chunks(): Iterable<EncodedRows>
}

/** Parents, by primary key, each of which got so many more rows; in ascending order. */
export interface CounterChange {
  readonly counter: Counter
  readonly parents: readonly { readonly key: number; readonly rows: number }[]
}

/** Changes that are stored in a block's own transaction; after its rows where the engine has no transactions. */
export interface BlockEnd {
  /** Taken from the parents' counters. */
  readonly counted: CounterChange | null
  /** Says that the block is stored. */
  readonly receipt: Rows<AnyRow> | null
}

/** An open bulk path. Where the engine has concurrent writers, several blocks may be loaded at a time. */
export interface BulkLoader {
  /**
   * Stores one block and its end; durable as far as the strategy's durability says when it resolves. Throws
   * `rows-differ`, with the block rolled back, when not every row was stored. Without transactions a block may be
   * left in part; loading it again completes it.
   */
  load(block: Block, end: BlockEnd): Promise<void>
  /** Makes everything durable and gives back what was held. */
  close(): Promise<void>
}

/** A bulk strategy. */
export interface InsertStrategy {
  readonly name: string
  /** Durability of a commit on this path, for the report. */
  readonly durability: string
  /** Why the server forbids this strategy; null when it does not. */
  unavailable(): Promise<string | null>
  open(layout: AnyLayout): Promise<BulkLoader>
}

/** Single rows, each durable on its own; what insert-reservation-bench times. */
export interface Inserter<R extends object> {
  insert(row: R): Promise<void>
  /** The statement that `control` sends, for the report. */
  readonly controlStatement: string
  /** Sends what costs the server next to nothing, on the connection and in the way of `insert`: what the client costs. */
  control(): Promise<void>
  close(): Promise<void>
}

/** A listener that follows the rows of a table. */
export interface RowListener<R extends object> {
  /** Primary keys of the rows that were told of and that are not gone since: they are not read again. */
  readonly known: Pick<ReadonlyMap<Value, unknown>, 'has' | 'keys' | 'size'>
  onRows(rows: readonly R[]): void
  /** Told of known rows that are in the table no longer. */
  onGone(keys: readonly Value[]): void
  /** Told of a database that is away, which is tried again until it is back. */
  onError(error: Error): void
}

/** A watch that goes on. */
export interface RowWatch {
  /** Tells of nothing more; resolves when what it held is given back. */
  close(): Promise<void>
}

/** The log in which an engine writes every change before it is committed. */
export interface RowLog {
  /** Why it cannot be followed here, and what would mend it; null where it can. */
  unavailable(): Promise<string | null>
  /**
   * Follows the rows that are inserted into a table: from a position that an earlier follower confirmed, where the log still
   * has it, else from now on. Everything that is committed after it resolves is told of.
   */
  follow<R extends object>(table: Table<R>, from: string | null): Promise<RowLogFollower<R>>
  /** Gives back what the server keeps for a follower that is to go on later, unless one is connected. */
  forget(table: AnyTable): Promise<void>
}

/** A table as the database knows it; `mark` is what `createTables` left on it, null on somebody else's. */
export interface TableState {
  readonly name: string
  readonly mark: string | null
}

/** A change of one table, with the table as engines need it: as it is after the change, or before it loses something. */
export type TableChange =
  | { readonly kind: 'create'; readonly table: AnyTable; readonly mark: string }
  | { readonly kind: 'add column'; readonly table: AnyTable; readonly column: string; readonly value: string | number }
  | { readonly kind: 'add index' | 'drop index'; readonly table: AnyTable; readonly columns: readonly string[] }
  | { readonly kind: 'drop'; readonly table: AnyTable }
  | { readonly kind: 'remake triggers'; readonly table: AnyTable }

/** The server's part of the report. */
export interface EngineInfo {
  readonly name: string
  readonly version: string
  readonly durability: Durability
  /** Left out where the database is a file. */
  readonly connection?: ConnectionFacts
}

/** One thing that a server counts. */
export interface ServerCounter {
  /** The same for what means the same, on every engine. */
  readonly name: string
  readonly value: number
  /** `total` only ever grows while the server runs; `level` is what it is right now. */
  readonly kind: 'total' | 'level'
  /** In the plural: pages, bytes, fsyncs. */
  readonly unit: string
  /** Mostly 0, and not worth showing where it stayed so. */
  readonly rare?: true
}

/** An engine's abilities, as facts rather than subclasses. */
export interface EngineTraits {
  /** A block, or the changes of one `apply`, are stored whole or not at all, even when the server dies. */
  readonly transactions: boolean
  /** All statements that change tables, in one transaction, are taken back where one fails. */
  readonly transactionalDdl: boolean
  /** Several connections may write at the same time. */
  readonly concurrentWriters: boolean
  /** A row that refers to nothing is refused. */
  readonly foreignKeys: boolean
}

/** An open database. */
export interface Database extends AsyncDisposable {
  /** Without its password. */
  readonly url: string
  readonly engine: EngineInfo
  readonly traits: EngineTraits
  /** Parts of tables that this engine does not support and `createTables` does without, a sentence each: `foreign keys, which ...`. */
  readonly unsupported: readonly string[]
  readonly store: Store
  /** Left out where the engine has no log that tells of rows. */
  readonly rowLog?: RowLog
  /** Fastest first; the last works on every server, the others where the server allows them. */
  readonly insertStrategies: readonly InsertStrategy[]
  tables(): Promise<TableState[]>
  /** These tables, which are there and ours, as the catalog has them and as `createTables` makes them. */
  shapes(tables: readonly AnyTable[]): Promise<readonly ShapePair[]>
  /**
   * Reads how the columns of a table compare, by their names. The table is perhaps somebody else's, `schema.table` perhaps. A
   * column of which nothing is known is left out: it compares as it is written.
   */
  collations(table: AnyTable): Promise<ReadonlyMap<string, ColumnCollation>>
  /**
   * Makes all tables or none; each carries its mark. Throws `migration-failed`, which names what an
   * engine without transactional DDL had to leave behind.
   */
  createTables(tables: readonly { readonly table: AnyTable; readonly mark: string }[]): Promise<void>
  dropTables(tables: readonly AnyTable[]): Promise<void>
  /**
   * Makes all changes, and stores the row that records them: in one transaction where the engine can take DDL back, and else
   * the tables that are new first, then one change after the other, then the row. Throws `migration-failed`.
   */
  changeTables(changes: readonly TableChange[], record: Rows<AnyRow>): Promise<void>
  /** The statements or commands that `changeTables` sends for these changes, to be read. */
  describeChanges(changes: readonly TableChange[]): readonly string[]
  /**
   * Drops the table's indexes, but for those of keys and unique columns; on MySQL the references that need them go
   * too. Does nothing where they are gone.
   */
  dropIndexes(table: AnyTable): Promise<void>
  /** Makes what `dropIndexes` dropped. Throws `rows-orphaned` when a row refers to nothing. */
  createIndexes(table: AnyTable): Promise<void>
  /**
   * Does what rows that came in bulk leave to be done: numbers of the database go on behind the largest, and its statistics
   * know what is there. Left out where nothing is to be done.
   */
  settleTables?(tables: readonly AnyTable[]): Promise<void>
  /**
   * Waits until what other connections have begun on the table is committed or rolled back: that of a process which
   * was killed, too. On MongoDB, which has nothing to roll back, it does not wait.
   */
  awaitWriters(table: AnyTable): Promise<void>
  /** Sets the counters of all parents in `range` to capacity - children. */
  recount(counter: Counter, range: KeyRange): Promise<void>
  openInserter<R extends object>(table: Table<R>): Promise<Inserter<R>>
  /**
   * Tells of each row of a `watched` table that the listener does not know, whoever stored it: of those that are there
   * before it resolves, of every other one soon after its commit, and of those that came while the database was away.
   * Tells of known rows that are gone, later where nothing but their number tells of them. Rows that are changed are
   * not told of.
   */
  watchRows<R extends object>(table: Table<R>, listener: RowListener<R>): Promise<RowWatch>
  /**
   * Reads the server's counters; empty when it tells nothing. Needs a connection that no inserter holds. `cheap`: only those
   * that cost the server next to nothing, to be read each second.
   */
  counters(options?: { readonly cheap: boolean }): Promise<readonly ServerCounter[]>
  /** Left out where the engine keeps none. */
  readonly statementStatistics?: StatementStatistics
  /** Reads facts of the server and of these tables that explain the figures. */
  facts(tables: readonly AnyTable[]): Promise<ServerFacts>
  /** The server's clock, ms since 1970: the one that all its users agree on. */
  now(): Promise<number>
  /** Counts of what the server made us try again since it was opened. */
  retries(): RetryCounts
}

/** An access to a database whose users can be made to wait, without harm to the database or to others. */
export interface PausableAccess extends AsyncDisposable {
  /** To be connected to instead of the database's own URL. */
  readonly url: string
  /** The effect of a pause, in the past tense: `another connection held the write lock`. */
  readonly effect: string
  /** From when it resolves, everybody on this access waits (on SQLite: writers); the returned function ends that. */
  pause(): Promise<() => Promise<void>>
}

/** How a database is opened. */
export interface ConnectOptions {
  /** Connections at the most, where the engine takes several. */
  readonly poolSize: number
  /** Told what work waits for that takes longer than a second, by asking the server; without it nobody asks. */
  readonly onWait?: OnWait
  /** Ends the connecting, with `interrupted`. What is open by then stays open. */
  readonly signal?: AbortSignal
  /** A database that would be made where there is none is taken for an empty one, and is not made. */
  readonly makesNothing?: boolean
}

/** An engine. */
export interface DatabaseAdapter {
  readonly name: string
  /** It works in the process, and the thread, that asks it. */
  readonly inProcess?: true
  /**
   * Opens the database at `url`. Throws `database-unreachable`, `database-denied`, `database-missing`,
   * `database-not-ours`, `connections-exhausted` or `right-missing`.
   */
  connect(url: string, options: ConnectOptions): Promise<Database>
  /** Throws `database-not-pausable`, and what `connect` throws for a URL that cannot be read. */
  openPausable(url: string): Promise<PausableAccess>
  /**
   * Opens the way of a measured load to the database at `url`: without a connection yet, but where the server has to be asked
   * whether it has transactions. Throws what `connect` throws, and `read-only-unsupported`.
   */
  openClient(url: string, options: ClientOptions): Promise<DatabaseClient>
}
