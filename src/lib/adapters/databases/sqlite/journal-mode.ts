import { RushbenchError } from '../../../base/errors/errors.ts'
import type { Statement } from '../sql/statements.ts'
import type { Value } from '../../../ports/database.ts'

/** What of a connection it takes. */
interface Session {
  query(statement: Statement): Record<string, Value>[]
  run(sql: string): void
}

/** Tables without the mark that ours carry. */
const others = `select count(*) as others from sqlite_master
  where type = 'table' and name not like 'sqlite\\_%' escape '\\' and sql not like '%(/* rushbench:%'`

/**
 * Sets WAL mode, in which readers and the writer do not wait for each other. The mode stays with the file, so that one
 * with somebody else's tables is left as it is; so is one that another process is loading.
 */
export function useWriteAheadLog(session: Session): void {
  if (isOursAlone(session)) setMode(session, 'wal')
}

/**
 * Sets the rollback journal, with which new pages are written once instead of twice, and returns what sets WAL again.
 * Nothing changes where others have the file open, or tables in it.
 */
export function useRollbackJournal(session: Session): () => void {
  const [row] = session.query({ sql: 'pragma journal_mode', parameters: [] })
  const changed = row?.['journal_mode'] === 'wal' && isOursAlone(session) && setMode(session, 'truncate')
  return () => {
    if (changed) setMode(session, 'wal')
    else session.run('pragma wal_checkpoint(truncate)')
  }
}

function isOursAlone(session: Session): boolean {
  return session.query({ sql: others, parameters: [] })[0]?.['others'] === 0
}

/** Whether it could be set: it cannot while others have the file open. */
function setMode(session: Session, mode: 'wal' | 'truncate'): boolean {
  try {
    session.run(`pragma journal_mode = ${mode}`)
    return true
  } catch (error) {
    if (error instanceof RushbenchError && error.code === 'database-busy') return false
    throw error
  }
}
