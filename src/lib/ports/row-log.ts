/** A committed row, and its place in the log. */
export interface LoggedRow<R extends object> {
  readonly row: R
  /** That of the row's transaction. Positions of one follower ascend as texts, in the order of commits. */
  readonly position: string
}

/** Rows of whole transactions, in the order of their commits. */
export interface LoggedRows<R extends object> {
  readonly rows: readonly LoggedRow<R>[]
  /** Up to where nothing else of the table is in the log. */
  readonly position: string
}

/** A connection on which the database tells of rows as it commits them. */
export interface RowLogFollower<R extends object> {
  /**
   * The next rows: some `most` of them, none where nothing came within `ms`, or `signal` aborted. Rejects once the
   * connection is lost, after what had come by then.
   */
  read(most: number, ms: number, signal: AbortSignal): Promise<LoggedRows<R>>
  /** The end of the log: no row that can be read from the table by now has a later position. */
  end(): Promise<string>
  /** Says that what came up to there need not be told again; the database may forget it. */
  confirm(position: string): void
  close(): Promise<void>
}
