/**
 * Why a statement came to nothing. `conflict`: the engine asks for the transaction to be made again, and has kept none of
 * it. `lost`: the connection broke. `full`: the server takes no further connection. `timeout`: the load's or the engine's own.
 * `refused`: all else that the engine would not do.
 */
export type StatementFailureKind = 'conflict' | 'lost' | 'full' | 'timeout' | 'refused'

/** A statement that came to nothing. */
export class StatementError extends Error {
  override readonly name = 'StatementError'

  readonly kind: StatementFailureKind
  /** The engine's code and the name of what it means, the same for all errors of its kind: `40001 serialization_failure`. */
  readonly code: string

  constructor(kind: StatementFailureKind, code: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
    this.code = code
  }
}
