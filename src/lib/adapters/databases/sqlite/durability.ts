import { judgeDurability } from '../durability.ts'
import type { Statement } from '../sql/statements.ts'
import type { Value } from '../../../ports/database.ts'
import type { Durability } from '../../../ports/database-facts.ts'

/** Settings and facts that decide the durability of a commit. */
export interface SqliteCommitFacts {
  /** As the pragma names it, in lower case. */
  readonly journalMode: string
  readonly synchronous: 'off' | 'normal' | 'full' | 'extra'
  /** Whether a disk is told to empty its own cache; matters on macOS only. */
  readonly fullfsync: boolean
  /** Node's name of the platform where the file is. */
  readonly platform: string
  readonly inMemory: boolean
}

interface Session {
  query(statement: Statement): Record<string, Value>[]
}

const levels = ['off', 'normal', 'full', 'extra'] as const

/** Reads what the connection has. */
export function readSqliteDurability(session: Session, inMemory: boolean): Durability {
  const read = (name: string) => session.query({ sql: `pragma ${name}`, parameters: [] })[0]?.[name]
  return judgeSqlite({
    journalMode: String(read('journal_mode')).toLowerCase(),
    synchronous: levels[Number(read('synchronous'))] ?? 'off',
    fullfsync: Number(read('fullfsync')) === 1,
    platform: process.platform,
    inMemory,
  })
}

/** Holds the pragmas against each other, as https://www.sqlite.org/pragma.html#pragma_synchronous says. */
export function judgeSqlite(facts: SqliteCommitFacts): Durability {
  const { journalMode, synchronous, fullfsync, platform, inMemory } = facts
  const settings = { journal_mode: journalMode, synchronous }
  if (inMemory) return judgeDurability(settings, ['everything'])
  const withFlush = platform === 'darwin' ? { ...settings, fullfsync: fullfsync ? 'on' : 'off' } : settings
  return judgeDurability(withFlush, [
    journalRisk(journalMode),
    synchronousRisk(synchronous, journalMode),
    platform === 'darwin' && !fullfsync ? "what a disk's own cache held when the power failed" : null,
  ])
}

function journalRisk(journalMode: string): string | null {
  if (journalMode === 'off') return 'the file itself, by any crash in the middle of a commit'
  return journalMode === 'memory' ? 'the file itself, by any crash in the middle of a commit' : null
}

function synchronousRisk(synchronous: SqliteCommitFacts['synchronous'], journalMode: string): string | null {
  if (synchronous === 'off') return 'what the system held back, and the file itself, unless only the process fails'
  if (journalMode === 'wal')
    return synchronous === 'normal' ? 'all commits since the last checkpoint, unless only the process fails' : null
  if (synchronous === 'normal') return 'the last commits, and on some file systems the file itself'
  // A journal that is deleted is there again when its folder was not synced.
  return journalMode === 'delete' && synchronous === 'full'
    ? 'the commit that the loss of power followed at once'
    : null
}
