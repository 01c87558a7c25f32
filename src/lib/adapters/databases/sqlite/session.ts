import { failure } from '../../../base/errors/errors.ts'
import type { Value } from '../../../ports/database.ts'
import type { Statement } from '../sql/statements.ts'

interface Session {
  readonly url: string
  query(statement: Statement): Record<string, Value>[]
  run(sql: string): void
}

/** What every connection is given, however SQLite was compiled. */
const wanted: Readonly<Record<string, number>> = {
  foreign_keys: 1,
  ignore_check_constraints: 0,
  query_only: 0,
  read_uncommitted: 0,
}

const levels = ['off', 'normal', 'full', 'extra']

/** What the URL asks for; null where it leaves that to us. */
export interface AskedFor {
  readonly journalMode: string | null
  readonly synchronous: string | null
}

/**
 * Gives a new connection what ours rest on, and looks whether it has it. A journal that is deleted has to be gone for
 * good before a commit is told, for which SQLite has a level of its own. Throws `session-unfit`.
 */
export function prepareSession(session: Session, asked: AskedFor): void {
  const read = (name: string) => session.query({ sql: `pragma ${name}`, parameters: [] })[0]?.[name]
  if (asked.journalMode !== null) session.run(`pragma journal_mode = ${asked.journalMode}`)
  const journalMode = String(read('journal_mode'))
  const synchronous = levels.indexOf(asked.synchronous ?? (journalMode === 'delete' ? 'extra' : 'full'))
  const all = { ...wanted, synchronous }
  for (const [name, value] of Object.entries(all)) session.run(`pragma ${name} = ${value}`)
  const kept = Object.entries(all)
    .filter(([name, value]) => Number(read(name)) !== value)
    .map(([name, value]) => `${name} is ${String(read(name))}, and not ${value}`)
  if (asked.journalMode !== null && journalMode !== asked.journalMode)
    kept.push(`journal_mode is ${journalMode}, and not ${asked.journalMode}`)
  if (kept.length > 0) throw failure('session-unfit', { url: session.url, reason: kept.join('; ') })
}
