import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { failure, reasonOf } from '../../../base/errors/errors.ts'
import { makePrivateFile, makePrivateFolder } from '../../../base/files.ts'
import type { ConnectOptions, Value } from '../../../ports/database.ts'
import type { Statement } from '../sql/statements.ts'
import { lockOf, type LockHolder } from '../waits.ts'
import { isBusy, translateSqliteError } from './errors.ts'
import { prepareSession, useWriteAheadLog, type SqliteSession } from './session.ts'
import { findFileHolder } from './lock-holder.ts'
import { inMemory, readSqliteUrl, type SqliteUrl } from './url.ts'
import type { OnWait } from '../../../ports/database-facts.ts'

/** One connection. Every call is synchronous, so that nothing can come between the steps of a transaction. */
export interface SqliteConnection extends SqliteSession {
  /** `:memory:` for a database without a file. */
  readonly path: string
  /** Rows changed. */
  execute(statement: Statement): number
  /** A prepared statement, kept for the next time. */
  prepare(sql: string): StatementSync
  /** A prepared statement that is not kept. */
  prepareOnce(sql: string): StatementSync
  /** Runs `work` in BEGIN IMMEDIATE ... COMMIT; ROLLBACK and rethrow when it throws. */
  transaction<T>(work: () => T): T
  close(): void
}

/**
 * Opens the file that `url` names. It and its folder are made where there is none, readable for this user alone: they hold
 * keys that sign and hashes of passwords. With `makesNothing` an empty database in memory stands for it. Throws
 * `database-not-ours`, and what `readSqliteUrl` throws.
 */
export async function openSqliteFile(
  url: string,
  { onWait, makesNothing }: Partial<ConnectOptions> = {},
): Promise<SqliteConnection> {
  const place = readSqliteUrl(url)
  if (makesNothing && place.makes && isMissing(place.path)) {
    return openSqlite({ ...place, path: inMemory, file: inMemory, journalMode: null }, onWait)
  }
  if (place.makes && place.path !== inMemory) await makePrivate(place.path, place.shown)
  return openSqlite(place, onWait)
}

/** Not so where nobody can tell: then it is opened, and what is wrong with it is said. */
function isMissing(path: string): boolean {
  try {
    statSync(path)
    return false
  } catch (error) {
    return path !== inMemory && (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

async function makePrivate(path: string, url: string): Promise<void> {
  try {
    await makePrivateFolder(dirname(path))
  } catch (error) {
    throw failure('database-not-ours', { url, reason: `its folder cannot be made (${reasonOf(error)})` }, error)
  }
  await makePrivateFile(path)
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
function openSqlite(
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

  const prepareOnce = (sql: string): StatementSync => translated(() => database.prepare(sql))

  function prepare(sql: string): StatementSync {
    let statement = prepared.get(sql)
    if (!statement) {
      if (prepared.size >= maxPrepared) prepared.clear()
      statement = prepareOnce(sql)
      prepared.set(sql, statement)
    }
    return statement
  }

  const connection: SqliteConnection = {
    url,
    path,
    prepare,
    prepareOnce,
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
