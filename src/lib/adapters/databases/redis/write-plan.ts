/** A condition of a guard: the column, the operator, and one text or a list of them. */
export type Term = readonly [
  column: string,
  operator: 'eq' | 'gt' | 'gte' | 'lt' | 'lte' | 'in',
  value: string | readonly string[],
]

/** What becomes of a column. */
export type Assignment = readonly [column: string, operator: 'set' | 'add', value: string]

/** What the script is to do; a table is named by its place among `tables`, counted from 1. */
export interface WritePlan {
  /** Names, with the columns that the caller believes the table to have. */
  readonly tables: readonly (readonly [name: string, columns: string])[]
  readonly changes: readonly WriteChange[]
  /** Rows that are there just as they were sent are left as they are, and told. */
  readonly keep: boolean
  /** Where the rows do not follow one by one but in one argument: its layout, in the order of the columns. */
  readonly packed: PackedRows | false
}

/** Rows of one length, one behind the other. Offsets and widths in bytes. */
export interface PackedRows {
  readonly rowBytes: number
  readonly fields: readonly (readonly [offset: number, width: number, isInteger: boolean])[]
}

/** The rows follow the plan as arguments of their own, in order. Without a patch, the guard's rows are removed. */
export type WriteChange = readonly [
  guard: readonly [table: number, terms: readonly Term[], patch: readonly Assignment[] | false] | false,
  inserts: readonly (readonly [table: number, rows: number])[],
]

/** Rows that each guard hit (-1 where there was none), and which rows were kept, counted from 0. */
export type WriteAnswer = readonly [hits: readonly number[], kept: readonly number[]]
