import type { IsolationLevel } from './database-client.ts'

/** A value of a register, or an element of a list. Each is written to its key at most once. */
export type WrittenValue = number | string

/** One read or write, as its client saw it. Keys of lists and of registers are kept apart by their names. */
export type RecordedOperation =
  | { readonly kind: 'append'; readonly key: string; readonly value: WrittenValue }
  | { readonly kind: 'read-list'; readonly key: string; readonly elements: readonly WrittenValue[] }
  | { readonly kind: 'write'; readonly key: string; readonly value: WrittenValue }
  /** Null: nothing had been written yet. */
  | { readonly kind: 'read'; readonly key: string; readonly value: WrittenValue | null }

/** One attempt at a transaction. One that is tried again is another one, with other values. */
export interface RecordedTransaction {
  readonly id: string
  readonly user: string
  /** Before its first statement was sent, and after its outcome was known; us on a clock that all users share. */
  readonly beganAt: number
  readonly endedAt: number
  /** `unknown`: the commit was sent and not answered. */
  readonly outcome: 'committed' | 'aborted' | 'unknown'
  /** In order. A write without an answer counts as done, a read without one is left out. */
  readonly operations: readonly RecordedOperation[]
  /** It read after all others had ended: what was acknowledged and is not there was lost. */
  readonly isLast?: true
}

/** Transactions of users on lists and registers that were empty before. */
export interface TransactionHistory {
  readonly transactions: readonly RecordedTransaction[]
  /** The weakest level that they asked for; left out where they asked for none. */
  readonly asked?: IsolationLevel
  /** Transactions may be missing, so that a value without a writer is no anomaly. */
  readonly isPartial?: boolean
  /** How far the clocks of users may be apart, us. */
  readonly clockErrorUs?: number
}
