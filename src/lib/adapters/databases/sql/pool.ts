import type { Socket } from 'node:net'
import { ignoreFailure } from '../../../base/abort.ts'
import type { ConnectionFacts, RetryCounts } from '../../../ports/database-facts.ts'
import type { Value } from '../../../ports/database.ts'
import { createTranslator, retry, type Attempt, type RetryPolicy } from '../retry.ts'
import type { Waiting } from '../waits.ts'
import type { SqlTransaction } from './apply.ts'
import type { Statement } from './statements.ts'

/** One connection of a pool, its errors translated. */
export interface SqlServerSession extends SqlTransaction {
  /** A statement without rows, as `executePrepared`, with as little work as possible, for what is timed; rows stored. */
  executeTimed(statement: Statement): Promise<number>
}

/** A session that was borrowed from a pool. */
export interface BorrowedSession<Session> {
  readonly session: Session
  /** Gives it back. */
  release(): void
  /** Closes its connection: the next may lead to another server. */
  discard(): void
}

/** A connection as a driver's own pool lends it. */
export interface LentConnection<Session> extends BorrowedSession<Session> {
  /** The same object each time this connection is lent. */
  readonly identity: object
  /** Gives a new session its settings; the number under which the server knows it, null where it has none. */
  prepare(): Promise<number | null>
}

/** All that differs from driver to driver. */
export interface SqlDriver<Session> {
  lend(): Promise<LentConnection<Session>>
  /** A driver's error as one of ours, where there is a sentence for it. */
  translate(error: unknown, waiting?: Waiting): unknown
  end(): Promise<void>
}

/** A pool of connections to one database. */
export interface SqlPool<Session> {
  /** Without the password. */
  readonly url: string
  withSession<T>(work: (session: Session) => Promise<T>): Promise<T>
  /** The rows of one statement, which is not tried again. A list is one parameter, where the driver takes lists. */
  ask(sql: string, parameters?: readonly (Value | readonly Value[])[]): Promise<Record<string, Value>[]>
  /** One statement that changes nothing, tried again after a transient error. */
  query(statement: Statement): Promise<Record<string, Value>[]>
  /** One statement that commits on its own, tried again after a transient error; rows matched. */
  execute(statement: Statement): Promise<number>
  /** Work that commits on its own, in a session that the caller borrowed, tried again after a transient error. */
  retry<T>(work: () => Promise<T>): Promise<T>
  /**
   * BEGIN ... COMMIT; rolls back and rethrows when `work` throws, and tries again after a transient error. `before` is
   * executed ahead of each BEGIN.
   */
  transaction<T>(work: (session: Session) => Promise<T>, before?: string): Promise<T>
  /** A connection for as long as the caller likes. */
  borrow(): Promise<BorrowedSession<Session>>
  /** Counts what was tried again so far. */
  retries(): RetryCounts
  /** The server's numbers for the sessions that were opened so far. */
  own(): readonly number[]
  close(): Promise<void>
}

/** A pool that has reached its server. */
export interface ConnectedSqlPool<Session> extends SqlPool<Session> {
  readonly connection: ConnectionFacts
}

/** Makes a pool of what `driver` lends. The numbers of its sessions go into `own`. */
export function createSqlPool<Session extends SqlTransaction>(
  driver: SqlDriver<Session>,
  policy: RetryPolicy,
  own: Set<number>,
): SqlPool<Session> {
  const prepared = new WeakSet<object>()

  async function lendPrepared(): Promise<BorrowedSession<Session>> {
    const lent = await driver.lend()
    if (prepared.has(lent.identity)) return lent
    try {
      const number = await lent.prepare()
      if (number !== null) own.add(number)
      prepared.add(lent.identity)
      return lent
    } catch (error) {
      lent.discard()
      throw error
    }
  }

  const translated = createTranslator(driver.translate, policy)
  // A server that has no place left is asked again.
  const borrow = () => retry(() => translated(lendPrepared()), policy)
  const retried = <T>(work: (session: Session, attempt: Attempt) => Promise<T>): Promise<T> =>
    retryInSession(borrow, work, policy)

  async function withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const waiting = policy.waits.begin()
    try {
      const { session, release } = await borrow()
      try {
        return await work(session)
      } finally {
        release()
      }
    } catch (error) {
      throw driver.translate(error, waiting)
    } finally {
      policy.waits.end(waiting)
    }
  }

  return {
    url: policy.url,
    borrow,
    withSession,
    ask: (sql, parameters = []) => withSession((session) => session.query({ sql, parameters: parameters as Value[] })),
    query: (statement) => retried((session) => session.query(statement)),
    // Even one UPDATE may deadlock with another, where both move rows about in an index.
    execute: (statement) =>
      retried((session, attempt) => {
        attempt.mayBeStored = true
        return session.execute(statement)
      }),
    retry: (work) =>
      retry((attempt) => {
        attempt.mayBeStored = true
        return work()
      }, policy),
    transaction: (work, before) => retried((session, attempt) => attemptTransaction(session, work, attempt, before)),
    retries: () => policy.counter.counts(),
    own: () => [...own],
    close() {
      policy.waits.close()
      return driver.end()
    },
  }
}

async function attemptTransaction<Session extends SqlTransaction, T>(
  session: Session,
  work: (session: Session) => Promise<T>,
  attempt: Attempt,
  before?: string,
): Promise<T> {
  if (before !== undefined) await session.execute(plain(before))
  await session.execute(plain('begin'))
  try {
    const result = await work(session)
    attempt.mayBeStored = true
    await session.execute(plain('commit'))
    return result
  } catch (error) {
    // A connection that is gone has nothing to roll back.
    await ignoreFailure(session.execute(plain('rollback')))
    throw error
  }
}

/** A statement without parameters. */
export function plain(sql: string): Statement {
  return { sql, parameters: [] }
}

/**
 * Does `work` again as `retry` does, and throws what that throws: in one session for all tries, so that no more meet than
 * the pool has, but in another one after a server that takes no writes.
 */
async function retryInSession<Session, T>(
  borrow: () => Promise<BorrowedSession<Session>>,
  work: (session: Session, attempt: Attempt) => Promise<T>,
  policy: RetryPolicy,
): Promise<T> {
  let held = null as BorrowedSession<Session> | null
  try {
    return await retry(async (attempt) => {
      held ??= await borrow()
      try {
        return await work(held.session, attempt)
      } catch (error) {
        if (policy.findTransientError(error)?.kind === 'refused') {
          held.discard()
          held = null
        }
        throw error
      }
    }, policy)
  } finally {
    held?.release()
  }
}

/**
 * Closes a driver's socket as soon as the server ends its side. A server that hangs up while a file is on its way to it
 * no longer reads: the write would wait for ever, and with it Node's own closing of the socket and the statement.
 */
export function closeWhenServerHangsUp(socket: Socket): void {
  socket.once('end', () => socket.destroy())
}
