import type { AnyTable, Column, Value } from './database.ts'

/** A change of a workload's tables, as data; engines turn it into their own DDL or commands. */
export type SchemaChange =
  | { readonly create: AnyTable }
  /** Comes last among the table's columns; rows that are there get `value`. */
  | { readonly addColumn: string; readonly to: string; readonly column: Column; readonly value: Exclude<Value, null> }
  | { readonly addIndex: readonly string[]; readonly to: string }
  | { readonly dropIndex: readonly string[]; readonly from: string }
  | { readonly drop: string }
  /** Makes anew what the engine needs beside a watched table to tell of its rows. Its mark stays. */
  | { readonly remakeTriggers: string }

/** One step from an older to a newer version of a workload's tables. It is never edited once it was released: its checksum is kept. */
export interface MigrationStep {
  /** From 1, without gaps. */
  readonly number: number
  /** For people: `keep the price of products`. */
  readonly name: string
  readonly changes: readonly SchemaChange[]
}
