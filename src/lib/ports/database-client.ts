/** A value that a statement is given, or that a row has. Whole numbers beyond 2^53 - 1 come back as texts. */
export type StatementValue = string | number | boolean | null | Uint8Array

/** One statement of a measured load: SQL with the engine's own placeholders (`?`, `$1`), whose values are never pasted in. */
export interface SqlStatement {
  readonly sql: string
  readonly parameters?: readonly StatementValue[]
}

/** One command of an engine that has no SQL: a document for MongoDB, words for Redis. */
export interface EngineCommand {
  readonly command: Readonly<Record<string, unknown>> | readonly (string | number)[]
}

/** Anything that a connection can be asked to do. */
export type DatabaseRequest = SqlStatement | EngineCommand

/** A row by the names of its columns. */
export type Row = Readonly<Record<string, StatementValue>>

/** An engine's answer. */
export interface DatabaseResult {
  /** Empty for a statement that gives none, and for a command. */
  readonly rows: readonly Row[]
  /** Rows that were stored, changed or removed; 0 where the engine does not say. */
  readonly affected: number
  /** The answer to a command. */
  readonly reply?: unknown
}

/** Levels by which a transaction can be kept apart from others. */
export const isolationLevels = ['read-uncommitted', 'read-committed', 'repeatable-read', 'serializable'] as const

export type IsolationLevel = (typeof isolationLevels)[number]

/** How a transaction begins. */
export interface TransactionOptions {
  /** The session's own unless given. */
  readonly isolation?: IsolationLevel
  readonly readOnly?: boolean
}

/**
 * One connection of a measured load: what it is asked goes to the server at once, is not tried again, and rejects with
 * `StatementError` (base/errors) alone. One request at a time.
 */
export interface ClientConnection {
  run(request: DatabaseRequest): Promise<DatabaseResult>
  /** Rejects on an engine without transactions. */
  begin(options: TransactionOptions): Promise<void>
  commit(): Promise<void>
  rollback(): Promise<void>
  /** False once it is lost: then it is closed, and another one opened. */
  readonly isUsable: boolean
  /** Cuts off what is under way. */
  close(): void
}

/** How statements reach the server: prepared once on each connection, or as texts that are parsed anew each time. */
export const statementProtocols = ['prepared', 'text'] as const

export type StatementProtocol = (typeof statementProtocols)[number]

/** How the connections of a load are opened. */
export interface ClientOptions {
  readonly protocol: StatementProtocol
  /** Sessions that can change nothing. Throws `read-only-unsupported` where the engine has no such sessions. */
  readonly readOnly: boolean
}

/** The way of a measured load to a database. */
export interface DatabaseClient extends AsyncDisposable {
  /** Without its password. */
  readonly url: string
  /** Its name. */
  readonly engine: string
  readonly transactions: boolean
  /** Connections that are worth having in one process: 1 where the engine runs in it and does one thing at a time. */
  readonly mostConnections: number
  /** Opens a connection whose session has the settings that the report tells of. Rejects with `StatementError`. */
  open(): Promise<ClientConnection>
}
