import type { InsertKeyOrder } from '../base/key-order.ts'
import type { ServerCounter } from '../ports/database.ts'
import { failure, reasonOf } from '../base/errors/errors.ts'

/** The operations of an insert benchmark on its table. */
export interface BenchTable {
  /** Rows in it now. */
  count(): Promise<number>
  /** Throws what says that so many more rows do not fit, and how to make room for them. */
  requireRoom(rows: number): Promise<void>
  /** Adds rows until the table has `rows`; fewer when the signal aborts. */
  seedTo(rows: number): Promise<void>
  /** The server's counters; empty when it has none. */
  counters(): Promise<readonly ServerCounter[]>
  /** Opens it for up to `inserts` single durable inserts, on so many connections. */
  open(inserts: number, connections: number): Promise<BenchSession>
}

/** Single inserts into an open table. */
export interface BenchSession {
  /** Makes a row; what is returned inserts it on that connection (from 0) and resolves when it is durable. */
  draw(keys: InsertKeyOrder, connection: number): () => Promise<void>
  /** The control: a statement that costs the server next to nothing. */
  readonly controlStatement: string
  /** Sends the control on that connection (from 0), in the way in which an insert is sent. */
  control(connection: number): Promise<void>
  /**
   * Leaves the table's counters true for what is stored, also after an insert that failed. Throws what the database
   * throws where it can no longer do so.
   */
  close(): Promise<void>
}

/**
 * Closes the session whatever `work` comes to. Throws `inserts-unsettled` where the counters could not be made true, with
 * the error that `work` ended with, if it did.
 */
export async function closeAfter<T>(session: BenchSession, work: () => Promise<T>): Promise<T> {
  const [done] = await Promise.allSettled([work()])
  try {
    await session.close()
  } catch (error) {
    const cause: unknown = done.status === 'rejected' ? done.reason : error
    throw failure('inserts-unsettled', { reason: reasonOf(cause) }, cause)
  }
  if (done.status === 'rejected') throw done.reason
  return done.value
}
