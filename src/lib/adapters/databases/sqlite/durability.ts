import { judgeDurability } from '../durability.ts'
import { readPragma, synchronousLevels, type SqliteSession } from './session.ts'
import type { Durability } from '../../../ports/database-facts.ts'

/** Settings and facts that decide the durability of a commit. */
export interface SqliteCommitFacts {
  /** As the pragma names it, in lower case. */
  readonly journalMode: string
  readonly synchronous: (typeof synchronousLevels)[number]
  /** Whether a disk is told to empty its own cache; matters on macOS only. */
  readonly fullfsync: boolean
  /** Node's name of the platform where the file is. */
  readonly platform: string
  readonly inMemory: boolean
}

/** Reads what the connection has. */
export function readSqliteDurability(session: SqliteSession, inMemory: boolean): Durability {
  const read = (name: string) => readPragma(session, name)
  return judgeSqlite({
    journalMode: String(read('journal_mode')).toLowerCase(),
    synchronous: synchronousLevels[Number(read('synchronous'))] ?? 'off',
    fullfsync: Number(read('fullfsync')) === 1,
    platform: process.platform,
    inMemory,
  })
}

/** Checks the pragmas against each other, as https://www.sqlite.org/pragma.html#pragma_synchronous says. */
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
  const isKept = journalMode !== 'off' && journalMode !== 'memory'
  return isKept ? null : 'the file itself, by any crash in the middle of a commit'
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
