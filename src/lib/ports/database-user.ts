import type { StatementFailureKind } from '../base/errors/statement-error.ts'
import type { DatabaseResult, EngineCommand, SqlStatement, TransactionOptions } from './database-client.ts'
import type { Outcome } from './outcome.ts'

/** A statement of a scenario, in the SQL of the database, with its placeholders (`?`, or `$1` on PostgreSQL). */
export interface StepStatement extends SqlStatement {
  /** The row it is counted under. */
  readonly step: string
}

/** A command of a scenario: a document for MongoDB, words for Redis. */
export interface StepCommand extends EngineCommand {
  /** The row it is counted under. */
  readonly step: string
}

/** Why a statement or a transaction came to nothing. `exhausted`: no connection came free in time. */
export interface StatementFailure {
  readonly kind: StatementFailureKind | 'exhausted'
  /** The engine's code and its name: `40001 serialization_failure`. */
  readonly code: string
  readonly message: string
}

/** The end of a statement that stood alone. */
export interface StatementResult extends DatabaseResult {
  /** Null when it succeeded. */
  readonly failure: StatementFailure | null
  /** For the ledger: `unknown` when the connection was lost while the statement was under way. */
  readonly outcome: Outcome
}

/** The statements of one transaction, each to be awaited before the next. They reject with `StatementError`, which ends it. */
export interface TransactionUser {
  /** Counts from 1: the engine may ask for the whole to be made again. */
  readonly attempt: number
  query(statement: StepStatement): Promise<DatabaseResult>
  command(command: StepCommand): Promise<DatabaseResult>
  /** Ends it on purpose: nothing of it is stored, and it counts as no failure. */
  rollback(): Promise<never>
}

/** How a transaction of a scenario is made. */
export interface StepTransactionOptions extends TransactionOptions {
  /** Attempts at the most, where the engine asks for another; 10 unless given. */
  readonly attempts?: number
}

/** The end of a transaction. */
export interface TransactionResult<Value> {
  /** Returned by the work; undefined unless it was committed. */
  readonly value: Value | undefined
  /** `booked` when it was committed, `conflict` when it was rolled back on purpose, `unknown` when the commit had no answer. */
  readonly outcome: Outcome
  readonly failure: StatementFailure | null
  readonly attempts: number
}

/** A virtual user's way to the database. */
export interface DatabaseUser {
  /** Never rejects for what the database does; rejects when the user was to stop before it was sent. */
  query(statement: StepStatement): Promise<StatementResult>
  /** The same, on an engine without SQL. */
  command(command: StepCommand): Promise<StatementResult>
  /**
   * Begins a transaction, does `work` and commits; tries again while the engine asks for it. The row `step` counts it as a
   * whole. Rejects with what `work` throws of its own, after a rollback.
   */
  transaction<Value>(
    step: string,
    work: (transaction: TransactionUser) => Promise<Value>,
    options?: StepTransactionOptions,
  ): Promise<TransactionResult<Value>>
}
