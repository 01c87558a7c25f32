import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Value } from '../../../ports/database.ts'
import type { Statement } from '../sql/statements.ts'
import { lockOf, type LockHolder } from '../waits.ts'
import { isBusy, translateSqliteError } from './errors.ts'
import { useWriteAheadLog, prepareSession } from './session.ts'
import { findFileHolder } from './lock-holder.ts'
import type { SqliteUrl } from './url.ts'
import type { OnWait } from '../../../ports/database-facts.ts'

/** One connection. Every call is synchronous, so that nothing can come between the steps of a transaction. */
export interface SqliteConnection {
  readonly url: string
  /** `:memory:` for a database without a file. */
  readonly path: string
  query(statement: Statement): Record<string, Value>[]
  /** Rows changed. */
  execute(statement: Statement): number
  /** A prepared statement, kept for the next time. */
  prepare(sql: string): StatementSync
  run(sql: string): void
  /** Runs `work` in BEGIN IMMEDIATE ... COMMIT; ROLLBACK and rethrow when it throws. */
  transaction<T>(work: () => T): T
  close(): void
}

/** How long a writer waits for another process's transaction, ms. */
const patienceMs = 5000

/** How long SQLite waits before it says so, ms: nothing else can be done meanwhile, not even to say for whom. */
const busyTimeoutMs = 1000

/** Prepared statements kept; the lists in `in (...)` make more shapes than are worth keeping. */
const maxPrepared = 500

/**
 * Opens a file, if it is ours alone in WAL mode, with every commit on the disk, unless the URL says otherwise. `onWait` is
 * told of others who have it locked. Throws `session-unfit`.
 */
export function openSqlite(
  { shown: url, path, file, isReadOnly, journalMode, synchronous }: SqliteUrl,
  onWait: OnWait = () => {},
): SqliteConnection {
  const prepared = new Map<string, StatementSync>()
  const database = translated(() => new DatabaseSync(file, { enableForeignKeyConstraints: true }))

  /** Does it again while another has the file locked, which leaves nothing of it behind. */
  function translated<T>(work: () => T): T {
    const startedAt = performance.now()
    let holder: LockHolder | null = null
    for (;;) {
      const triedAt = performance.now()
      try {
        const result = work()
        if (holder) onWait(null)
        return result
      } catch (error) {
        const now = performance.now()
        const ms = now - startedAt
        // Some locks are not worth waiting for, and SQLite does not: what was read is old by now.
        if (isBusy(error) && now - triedAt >= busyTimeoutMs / 2) {
          holder = findFileHolder(path)
          if (ms < patienceMs - busyTimeoutMs / 2) {
            onWait({ what: lockOf(holder), ms })
            continue
          }
        }
        if (holder) onWait(null)
        throw translateSqliteError(error, url, { isReadOnly, ...(holder && { held: { holder, ms } }) })
      }
    }
  }

  function rollBack(): void {
    try {
      database.exec('rollback')
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
  }

  function prepare(sql: string): StatementSync {
    let statement = prepared.get(sql)
    if (!statement) {
      if (prepared.size >= maxPrepared) prepared.clear()
      statement = translated(() => database.prepare(sql))
      prepared.set(sql, statement)
    }
    return statement
  }

  const connection: SqliteConnection = {
    url,
    path,
    prepare,
    query: ({ sql, parameters }) => translated(() => prepare(sql).all(...parameters) as Record<string, Value>[]),
    execute: ({ sql, parameters }) => translated(() => Number(prepare(sql).run(...parameters).changes)),
    run: (sql) => translated(() => database.exec(sql)),
    transaction(work) {
      connection.run('begin immediate')
      try {
        const result = work()
        connection.run('commit')
        return result
      } catch (error) {
        rollBack()
        throw translateSqliteError(error, url, { isReadOnly })
      }
    },
    close: () => database.close(),
  }
  try {
    // The option `timeout` of DatabaseSync came with Node 22.16 only.
    connection.run(`pragma busy_timeout = ${busyTimeoutMs}`)
    if (!isReadOnly && journalMode === null) useWriteAheadLog(connection)
    prepareSession(connection, { journalMode, synchronous })
  } catch (error) {
    database.close()
    throw error
  }
  return connection
}
