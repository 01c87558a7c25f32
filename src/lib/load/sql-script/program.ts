import type { StatementValue, TransactionOptions } from '../../ports/database-client.ts'
import type { Evaluate, Frame } from './functions.ts'
import { Double, type ScriptValue } from './values.ts'

/** How a statement's rows become variables: `\gset` needs one row, `\aset` takes the last. */
export interface RowsTaken {
  readonly kind: 'gset' | 'aset'
  /** Stands before the names of columns. */
  readonly prefix: string
  readonly at: number
}

/** A statement of a script. */
export interface ScriptStatement {
  /** Name of its row in the results, which no other statement of the file has: `UPDATE pgbench_accounts`. */
  readonly step: string
  /** Its first word, in capitals: `UPDATE`. */
  readonly verb: string
  /** With the dialect's placeholders. */
  readonly sql: string
  /** Names of the variables, by the order of the placeholders. */
  readonly names: readonly string[]
  /** `begin`, `commit` and `rollback` stand for what the engine does then, and need not be sent as they are. */
  readonly role: 'begin' | 'commit' | 'rollback' | 'plain'
  /** How a transaction begins. */
  readonly modes: TransactionOptions
  readonly rows: RowsTaken | null
  /** Where it stands in the script. */
  readonly at: number
  /** Values for the placeholders. Throws ScriptError where a variable has none. */
  parameters(frame: Frame): readonly StatementValue[]
}

/** One thing that a script does. `to` is the place of another instruction, which comes later. */
export type Instruction =
  | { readonly kind: 'set'; readonly slot: number; readonly evaluate: Evaluate; readonly at: number }
  | { readonly kind: 'statement'; readonly statement: ScriptStatement }
  | { readonly kind: 'sleep'; readonly ms: (frame: Frame) => number; readonly at: number }
  | { readonly kind: 'jumpUnless'; readonly test: Evaluate; to: number; readonly at: number }
  | { readonly kind: 'jump'; to: number }

/** A script that was read, ready to be run by any number of users. */
export interface SqlScript {
  /** As it was named, for errors. */
  readonly file: string
  readonly text: string
  readonly instructions: readonly Instruction[]
  readonly statements: readonly ScriptStatement[]
  /** Where the value of each variable is kept. */
  readonly slots: ReadonlyMap<string, number>
}

/** A variable's value as a parameter; whole numbers that a number does not hold go as texts. */
export function toParameter(value: ScriptValue): StatementValue {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Double ? value.value : value
}
