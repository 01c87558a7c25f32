import { chunksOf } from '../../../base/chunks.ts'
import type { AnyTable, EncodedRows } from '../../../ports/database.ts'
import type { RedisConnection } from './connection.ts'
import { columnsOf, encodeRow, type Assignment, type Term } from './rows.ts'
import { writeScript } from './write-script.ts'

/** A change whose guard is spelled out. Without a patch, the rows that the guard hits are removed. */
export interface PlannedChange {
  readonly guard: {
    readonly table: AnyTable
    readonly terms: readonly Term[]
    readonly patch: readonly Assignment[] | false
  } | null
  readonly insert: readonly { readonly table: AnyTable; readonly rows: readonly string[] }[]
}

/** Rows that are changed or stored by one run of the script, where one may choose: some milliseconds of the server. */
export const rowsPerWrite = 250

/** Makes all changes in one step, or none. */
export function write(connection: RedisConnection, changes: readonly PlannedChange[]): Promise<WriteAnswer> {
  const numbers = new Map<string, number>()
  const tables: (readonly [string, string])[] = []
  const numberOf = (table: AnyTable): number => {
    const known = numbers.get(table.name)
    if (known !== undefined) return known
    tables.push([table.name, columnsOf(table)])
    numbers.set(table.name, tables.length)
    return tables.length
  }
  const rows: string[] = []
  const planned = changes.map(({ guard, insert }): WriteChange => {
    const inserts = insert.map((part): readonly [number, number] => {
      for (const row of part.rows) rows.push(row)
      return [numberOf(part.table), part.rows.length]
    })
    return [guard ? [numberOf(guard.table), guard.terms, guard.patch] : false, inserts]
  })
  const plan: WritePlan = { tables, changes: planned, packed: false }
  return connection.run<WriteAnswer>(writeScript, [JSON.stringify(plan), ...rows])
}

/** Makes changes some at a time, each time in one step. */
export async function writeInTurns(connection: RedisConnection, changes: readonly PlannedChange[]): Promise<void> {
  for (const some of chunksOf(changes, rowsPerWrite)) await write(connection, some)
}

/** Stores rows of one length, one behind the other in `bytes`. Rows that are there just as they were sent are no duplicates. */
export function writePacked(
  connection: RedisConnection,
  table: AnyTable,
  packed: PackedRows,
  { bytes, rows }: EncodedRows,
): Promise<WriteAnswer> {
  const plan: WritePlan = {
    tables: [[table.name, columnsOf(table)]],
    changes: [[false, [[1, rows]]]],
    packed,
  }
  return connection.run<WriteAnswer>(writeScript, [JSON.stringify(plan), bytes])
}

/** Rows as they are sent. */
export function encodeRows(table: AnyTable, rows: readonly object[]): string[] {
  return rows.map((row) => encodeRow(table, row))
}

/** Removes the rows of these keys, some at a time. */
export async function removeKeys(connection: RedisConnection, table: AnyTable, keys: readonly string[]): Promise<void> {
  for (const some of chunksOf(keys, rowsPerWrite)) {
    const terms: Term[] = [[table.primaryKey, 'in', some]]
    await write(connection, [{ guard: { table, terms, patch: false }, insert: [] }])
  }
}

/** A run of the script; a table is named by its place among `tables`, counted from 1. */
export interface WritePlan {
  /** Names, with the columns that the caller believes the table to have. */
  readonly tables: readonly (readonly [name: string, columns: string])[]
  readonly changes: readonly WriteChange[]
  /**
   * The layout, in the order of the columns, of rows that do not follow one by one but in one argument. Those that are there
   * just as they were sent are left as they are, and told.
   */
  readonly packed: PackedRows | false
}

/** Rows of one length, one behind the other. Offsets and widths in bytes. */
export interface PackedRows {
  readonly rowBytes: number
  readonly fields: readonly (readonly [offset: number, width: number, isInteger: boolean])[]
}

/** The rows follow the plan as arguments of their own, in order. Without a patch, the guard's rows are removed. */
type WriteChange = readonly [
  guard: readonly [table: number, terms: readonly Term[], patch: readonly Assignment[] | false] | false,
  inserts: readonly (readonly [table: number, rows: number])[],
]

/** Rows that each guard hit (-1 where there was none), and which rows were kept, counted from 0. */
export type WriteAnswer = readonly [hits: readonly number[], kept: readonly number[]]
