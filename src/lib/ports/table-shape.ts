/** A column as a catalog describes it. */
export interface ColumnShape {
  readonly name: string
  /** With its nullability, written alike for all versions of a server: `bigint not null`. */
  readonly type: string
  /** Rows may leave it out: it takes null, or the server fills it. */
  readonly optional: boolean
}

/** An index, other than that of the primary key. */
export interface IndexShape {
  readonly name: string
  /** Columns, or what an index may have in their place: `holder`, `holder(10)`, `holder desc`, `lower(holder)`. */
  readonly columns: readonly string[]
  readonly unique: boolean
  /** Why it is no index over all rows that every query may use (`where ...`, `invalid`); empty when it is. */
  readonly limits: string
}

/** A foreign key. */
export interface ReferenceShape {
  readonly columns: readonly string[]
  /** Where it leads, and what it does beyond refusing rows: `shows (id) on delete cascade`. */
  readonly parent: string
}

/** A condition on rows before they are stored: a CHECK constraint, an exclusion of PostgreSQL, a validator of MongoDB. */
export interface CheckShape {
  /** Empty where it has none. */
  readonly name: string
  /** In brackets: `(free >= 0)`. */
  readonly condition: string
}

/** A table as a catalog describes it, or as `createTables` makes it. */
export interface TableShape {
  /** Null where rows have no fixed columns. */
  readonly columns: readonly ColumnShape[] | null
  readonly primaryKey: readonly string[]
  readonly indexes: readonly IndexShape[]
  readonly references: readonly ReferenceShape[]
  /** By name; those that are disabled are left out. */
  readonly triggers: readonly string[]
  readonly partitions: readonly string[]
  /** Those that are not enforced are left out. */
  readonly checks: readonly CheckShape[]
  /** Whatever else decides what becomes of rows; left out where there is nothing of the kind. */
  readonly traits?: readonly TraitShape[]
}

/** Something that tables as `createTables` makes them do not have, and its name or its value. */
export interface TraitShape {
  readonly what: 'rule' | 'row level security' | 'persistence' | 'storage engine'
  readonly name: string
}

/** One table, as it should be and as it is. */
export interface ShapePair {
  readonly name: string
  readonly expected: TableShape
  readonly found: TableShape
}

/** Something of a table that is not as `createTables` makes it. */
export interface Difference {
  /** `column holder`, `primary key`, `index`, `unique index`, `reference`, `trigger` or `check`. */
  readonly what: string
  /** Null: it should not be there, because it may refuse rows. */
  readonly expected: string | null
  /** Null: it is missing. */
  readonly found: string | null
}

/** Something that a table has beside its own, and that refuses no row. */
export interface Extra {
  readonly what: 'column' | 'index' | 'unique index' | 'reference' | 'trigger' | 'partition' | TraitShape['what']
  readonly name: string
  /** The type of a column, the columns of an index; empty where the name says it all. */
  readonly of: string
}

/** How a table stands beside what it should be. */
export interface ShapeComparison {
  readonly differences: readonly Difference[]
  readonly extras: readonly Extra[]
}
