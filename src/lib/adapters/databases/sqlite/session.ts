import { failure, RushbenchError } from '../../../base/errors/errors.ts'
import type { Value } from '../../../ports/database.ts'
import type { Statement } from '../sql/statements.ts'

/** The synchronous calls of a connection that its settings are read and made by. */
export interface SqliteSession {
  readonly url: string
  query(statement: Statement): Record<string, Value>[]
  run(sql: string): void
}

/** The value of a pragma; undefined for one that SQLite does not know. */
export function readPragma(session: Pick<SqliteSession, 'query'>, name: string): Value | undefined {
  return Object.values(session.query({ sql: `pragma ${name}`, parameters: [] })[0] ?? {})[0]
}

/** Settings of every connection, however SQLite was compiled. */
const wanted: Readonly<Record<string, number>> = {
  foreign_keys: 1,
  ignore_check_constraints: 0,
  query_only: 0,
  read_uncommitted: 0,
}

/** The levels of `synchronous`, by their numbers. */
export const synchronousLevels = ['off', 'normal', 'full', 'extra'] as const

/** The URL's choices; null where it leaves one to us. */
export interface AskedFor {
  readonly journalMode: string | null
  readonly synchronous: string | null
}

/**
 * Gives a new connection what ours rest on, and looks whether it has it. A journal that is deleted has to be gone for
 * good before a commit is told, for which SQLite has a level of its own. Throws `session-unfit`.
 */
export function prepareSession(session: SqliteSession, asked: AskedFor): void {
  if (asked.journalMode !== null) session.run(`pragma journal_mode = ${asked.journalMode}`)
  const journalMode = String(readPragma(session, 'journal_mode'))
  const synchronous = synchronousLevels.findIndex(
    (level) => level === (asked.synchronous ?? (journalMode === 'delete' ? 'extra' : 'full')),
  )
  const all = { ...wanted, synchronous }
  for (const [name, value] of Object.entries(all)) session.run(`pragma ${name} = ${value}`)
  const kept = Object.entries(all)
    .filter(([name, value]) => Number(readPragma(session, name)) !== value)
    .map(([name, value]) => `${name} is ${String(readPragma(session, name))}, and not ${value}`)
  if (asked.journalMode !== null && journalMode !== asked.journalMode)
    kept.push(`journal_mode is ${journalMode}, and not ${asked.journalMode}`)
  if (kept.length > 0) throw failure('session-unfit', { url: session.url, reason: kept.join('; ') })
}

/** Tables without the mark that ours carry. */
const others = `select count(*) as others from sqlite_master
  where type = 'table' and name not like 'sqlite\\_%' escape '\\' and sql not like '%(/* rushbench:%'`

/**
 * Sets WAL mode, in which readers and the writer do not wait for each other. The mode stays with the file, so that one
 * with somebody else's tables is left as it is; so is one that another process is loading.
 */
export function useWriteAheadLog(session: SqliteSession): void {
  if (isOursAlone(session)) setMode(session, 'wal')
}

/**
 * Sets the rollback journal, with which new pages are written once instead of twice, and returns what sets WAL again.
 * Nothing changes where others have the file open, or tables in it.
 */
export function useRollbackJournal(session: SqliteSession): () => void {
  const changed = readPragma(session, 'journal_mode') === 'wal' && isOursAlone(session) && setMode(session, 'truncate')
  return () => {
    if (changed) setMode(session, 'wal')
    else session.run('pragma wal_checkpoint(truncate)')
  }
}

function isOursAlone(session: SqliteSession): boolean {
  return session.query({ sql: others, parameters: [] })[0]?.['others'] === 0
}

/** Whether it could be set: it cannot while others have the file open. */
function setMode(session: SqliteSession, mode: 'wal' | 'truncate'): boolean {
  try {
    session.run(`pragma journal_mode = ${mode}`)
    return true
  } catch (error) {
    if (error instanceof RushbenchError && error.code === 'database-busy') return false
    throw error
  }
}
