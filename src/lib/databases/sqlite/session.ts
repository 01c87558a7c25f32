import { failure } from '../../errors.ts'
import type { Value } from '../port.ts'
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

/** Levels of `pragma synchronous`. */
const full = 2
const extra = 3

/**
 * Gives a new connection what ours rest on, and looks whether it has it. A journal that is deleted has to be gone for
 * good before a commit is told, for which SQLite has a level of its own. Throws `session-unfit`.
 */
export function prepareSession(session: Session): void {
  const read = (name: string) => session.query({ sql: `pragma ${name}`, parameters: [] })[0]?.[name]
  const synchronous = read('journal_mode') === 'delete' ? extra : full
  const all = { ...wanted, synchronous }
  for (const [name, value] of Object.entries(all)) session.run(`pragma ${name} = ${value}`)
  const kept = Object.entries(all)
    .filter(([name, value]) => Number(read(name)) !== value)
    .map(([name, value]) => `${name} is ${String(read(name))}, and not ${value}`)
  if (kept.length > 0) throw failure('session-unfit', { url: session.url, reason: kept.join('; ') })
}
