import { failure, reasonOf, RushbenchError } from '../../base/errors/errors.ts'
import type { AnyTable, TableChange } from '../../ports/database.ts'

/**
 * An error that is nobody's fault, after which work may be tried again.
 *
 * `conflict`: others stood in the way, and nothing is stored. `locked`: others kept a lock for longer than the server lets
 * anybody wait, and nothing is stored. `refused`: this server takes no writes, such as a primary that has become a
 * replica; nothing is stored, and another connection may lead to one that does. `full`: it takes no more connections, and
 * `away`: it is being started, or recovers; nothing was sent. `busy`: it did not come to an end in time; nothing is stored
 * unless it had been asked to commit, when nobody can know.
 */
export interface TransientError {
  readonly kind: 'conflict' | 'locked' | 'refused' | 'full' | 'away' | 'busy'
  /** Its name in the report; one of a few, without names or numbers of what was concerned. */
  readonly reason: string
  /** With `full`: the limit of connections, by the server's name for it. */
  readonly limit?: string
}

/** Reads a driver's error; null for one that is not transient. */
export type FindTransientError = (error: unknown) => TransientError | null

/** Names the thing that is waited for after a transient error, to stand behind "waiting for". */
export function waitedFor({ kind, reason, limit }: TransientError): string {
  switch (kind) {
    case 'locked':
      return 'a lock'
    case 'refused':
      return `the server, which takes no writes: ${reason}`
    case 'full':
      return `a connection: the server has no free one (${limit ?? reason})`
    case 'away':
      return `the server, which is ${reason}`
    case 'conflict':
      return `others to be out of the way: ${reason}`
    default:
      return `the server: ${reason}`
  }
}

/** A right that a user lacks. */
export interface MissingRight {
  /** `the right INSERT`. */
  readonly right: string
  /** The statement that mends it; left out where it takes more than one to know it. */
  readonly grant?: string
}

/** The user in a URL that may name several hosts; null where it names none. */
export function userIn(url: string): string | null {
  return decoded(/^[a-z][a-z0-9+.-]*:\/\/([^:@/?#]*)(?=[:@])[^/?#]*@/i.exec(url)?.[1]) || null
}

/** The database in a URL; '' where it names none. */
export function databaseIn(url: string): string {
  return decoded(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*\/([^/?#]*)/i.exec(url)?.[1])
}

function decoded(text = ''): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Node's codes for a server that cannot be reached, or that was lost. */
export const networkErrors = {
  ECONNREFUSED: 'database-unreachable',
  ENOENT: 'database-unreachable',
  ENOTDIR: 'database-unreachable',
  EACCES: 'database-unreachable',
  ENOTFOUND: 'database-unreachable',
  EAI_AGAIN: 'database-unreachable',
  ETIMEDOUT: 'database-unreachable',
  EHOSTUNREACH: 'database-unreachable',
  ECONNRESET: 'database-lost',
  EPIPE: 'database-lost',
} as const

/** The error for tables that could not be made, none of which is left behind; an error with a code of its own stays as it is. */
export function migrationFailed(error: unknown, url: string): Error {
  if (error instanceof RushbenchError) return error
  return failure('migration-failed', { url, reason: reasonOf(error), left: [] }, error)
}

/** Whether a change makes a new table. */
export function isCreated(change: TableChange): change is TableChange & { readonly kind: 'create' } {
  return change.kind === 'create'
}

/** Opens something on a connection, which is closed where that fails. */
export async function openOn<Connection extends { close(): Promise<void> }, T>(
  connection: Connection,
  open: (connection: Connection) => Promise<T>,
): Promise<T> {
  try {
    return await open(connection)
  } catch (error) {
    await connection.close()
    throw error
  }
}

/**
 * Throws `insert-dropped` unless an insert that the server took has stored its row: triggers and rules may drop rows and
 * answer with success.
 */
export function requireStored(rows: number, url: string): void {
  if (rows === 0) throw failure('insert-dropped', { url })
}

/** Throws `table-unsupported` unless all tables have one column as their key, and no column that is null or numbered. */
export function requirePlainTables(engine: string, tables: readonly AnyTable[]): void {
  for (const { name, keyColumns, columns } of tables) {
    const refuse = (reason: string) => failure('table-unsupported', { engine, table: name, reason })
    if (keyColumns?.length === 0) throw refuse('it has no key')
    if (keyColumns) throw refuse(`its key has several columns (${keyColumns.join(', ')})`)
    for (const [column, { nullable, ...rest }] of Object.entries(columns)) {
      if (nullable) throw refuse(`its column ${column} may be null`)
      if ('generated' in rest) throw refuse(`its column ${column} is numbered by the database`)
    }
  }
}
