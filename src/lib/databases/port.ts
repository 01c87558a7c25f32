/** What a column may hold. Integers stay within 2^53 - 1. */
export type Value = string | number | null

/** One column of a table. `text` is variable, `ascii` has exactly `length` bytes. */
export type Column =
  | { readonly type: 'integer' }
  | { readonly type: 'text'; readonly maxLength: number }
  | { readonly type: 'ascii'; readonly length: number }

/** The columns of `R` that can be named. */
export type ColumnName<R> = keyof R & string

/** A table that a workload declares; engines turn it into their own DDL. No column may be null. */
export interface Table<R extends object> {
  readonly name: string
  readonly columns: Readonly<Record<ColumnName<R>, Column>>
  readonly primaryKey: ColumnName<R>
  readonly unique: readonly (readonly ColumnName<R>[])[]
  readonly indexes: readonly (readonly ColumnName<R>[])[]
  readonly references: readonly { readonly column: ColumnName<R>; readonly table: string; readonly key: string }[]
}

// oxlint-disable-next-line typescript/no-explicit-any -- a Table is invariant in R, and `any` is TypeScript's only "some R"
type AnyRow = any

/** A table of whatever rows. */
export type AnyTable = Table<AnyRow>

/** Conditions on a table of whatever rows. */
export type AnyWhere = Where<AnyRow>

/** New values for a table of whatever rows. */
export type AnyPatch = Patch<AnyRow>

/** What a column is held against: itself, a range, or a list. All given parts must hold. */
export type Condition<V> =
  | V
  | { readonly gt?: V; readonly gte?: V; readonly lt?: V; readonly lte?: V; readonly in?: readonly V[] }

/** All conditions must hold; an empty object matches every row. */
export type Where<R extends object> = { readonly [C in ColumnName<R>]?: Condition<R[C]> }

/** New values, or `{ add: n }` to add to what is there (atomically, in the engine). */
export type Patch<R extends object> = { readonly [C in ColumnName<R>]?: R[C] | { readonly add: number } }

/** Order and length of what `find` gives back. */
export interface FindOptions<R extends object> {
  readonly orderBy?: readonly ColumnName<R>[]
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
  readonly guard: Guard<AnyRow>
  readonly insert: readonly Rows<AnyRow>[]
}

/** The neutral store that every workload's API and audit are written against. */
export interface Store {
  insert<R extends object>(table: Table<R>, rows: readonly R[]): Promise<void>
  find<R extends object>(table: Table<R>, where: Where<R>, options?: FindOptions<R>): Promise<R[]>
  /** Rows matched; `where` doubles as compare-and-set (book only while stock > 0). */
  update<R extends object>(table: Table<R>, where: Where<R>, patch: Patch<R>): Promise<number>
  remove<R extends object>(table: Table<R>, where: Where<R>): Promise<number>
  /** Every row, in primary-key order, without holding them all in memory. */
  scan<R extends object>(table: Table<R>): AsyncIterable<R>
  count<R extends object>(table: Table<R>): Promise<number>
  /** Rows for each value of `column`. */
  countBy<R extends object>(table: Table<R>, column: ColumnName<R>): Promise<Map<Value, number>>
  /**
   * Applies each change or leaves it out whole, in order, and tells which were applied. Durable when
   * it resolves: changes that are handed over together share one commit. An error (a key that is
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

/** An open bulk path. */
export interface BulkLoader {
  /**
   * Stores one block and sets the counters of the parents in `range` in the same transaction; durable
   * as far as the strategy's durability says when it resolves. Throws `rows-differ`, with the block
   * rolled back, when not every row was stored.
   */
  load(block: EncodedRows, counter: Counter, range: KeyRange): Promise<void>
  /** Makes everything durable and gives back what was held. */
  close(): Promise<void>
}

/** A native way in. */
export interface InsertStrategy {
  readonly name: string
  /** What a commit survives on this path, for the report. */
  readonly durability: string
  /** Why the server forbids this way in; null when it does not. */
  unavailable(): Promise<string | null>
  open(layout: AnyLayout): Promise<BulkLoader>
}

/** Single rows, each durable on its own; what insert-reservation-bench times. */
export interface Inserter<R extends object> {
  insert(row: R): Promise<void>
  close(): Promise<void>
}

/** A table as the database knows it; `mark` is what `createTables` left on it, null on somebody else's. */
export interface TableState {
  readonly name: string
  readonly mark: string | null
}

/** What the report says about the server. */
export interface EngineInfo {
  readonly name: string
  readonly version: string
  readonly durability: Readonly<Record<string, string>>
}

/** An open database. */
export interface Database extends AsyncDisposable {
  /** Without its password. */
  readonly url: string
  readonly engine: EngineInfo
  readonly store: Store
  /** Fastest first. The second is the fallback where the server forbids the first. */
  readonly insertStrategies: readonly InsertStrategy[]
  tables(): Promise<TableState[]>
  /**
   * Makes all tables or none; each carries its mark. Throws `migration-failed`, which names what an
   * engine without transactional DDL had to leave behind.
   */
  createTables(tables: readonly { readonly table: AnyTable; readonly mark: string }[]): Promise<void>
  dropTables(tables: readonly AnyTable[]): Promise<void>
  openInserter<R extends object>(table: Table<R>): Promise<Inserter<R>>
}

/** What an engine can do, as facts rather than subclasses. */
export interface DatabaseAdapter {
  readonly name: string
  readonly traits: {
    readonly transactionalDdl: boolean
    readonly concurrentWriters: boolean
    readonly serverless: boolean
    /** More than one row is stored and changed in one step, or not at all. */
    readonly transactions: boolean
    /** A row that refers to nothing is refused. */
    readonly foreignKeys: boolean
  }
  /**
   * Opens the database at `url`. Throws `database-unreachable`, `database-denied`, `database-missing`
   * or `database-not-ours`.
   */
  connect(url: string, options: { readonly poolSize: number }): Promise<Database>
}
