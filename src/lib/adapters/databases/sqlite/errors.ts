import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import { holderSentence, type LockHolder } from '../waits.ts'

/** Result codes of SQLite (https://www.sqlite.org/rescode.html); the low byte is the primary one. */
const codes = {
  busy: 5,
  locked: 6,
  readonly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
} as const

function primaryCode(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 255
}

/** A row broke a key, a reference or a column's type. */
export function isConstraintViolation(error: unknown): boolean {
  return primaryCode(error) === codes.constraint
}

/** Another connection has the file locked. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === codes.busy
}

/** A file's state beside its URL. */
interface SqliteContext {
  /** As the URL has it. */
  readonly isReadOnly?: boolean
  /** The holder of its lock, and for how long it was waited for. */
  readonly held?: { readonly holder: LockHolder; readonly ms: number }
}

/** An error of node:sqlite as one of ours where there is a sentence for it. */
export function translateSqliteError(
  error: unknown,
  url: string,
  { isReadOnly = false, held }: SqliteContext = {},
): unknown {
  if (error instanceof RushbenchError) return error
  const details = { url, reason: reasonOf(error) }
  switch (primaryCode(error)) {
    case codes.busy:
    case codes.locked: {
      if (held?.holder.seeds) return failure('seeding-held', { url, owner: held.holder.name ?? '' }, error)
      const waited = held && {
        seconds: Math.round(held.ms / 1000),
        holder: holderSentence(held.holder),
        end: held.holder.end,
      }
      return failure('database-busy', { ...details, ...waited }, error)
    }
    case codes.full:
      return failure('disk-full', details, error)
    case codes.corrupt:
      return failure('file-damaged', details, error)
    case codes.readonly:
      return failure('file-read-only', { ...details, ...whyReadOnly(error, isReadOnly) }, error)
    case codes.notADatabase:
    case codes.cannotOpen:
      return failure('database-not-ours', details, error)
    case codes.ioError:
      return failure('file-unusable', details, error)
    default:
      // SQLite has no code of its own for what it cannot make of a URI.
      return /^no such (vfs|access mode|cache mode)/.test(details.reason)
        ? failure('database-not-ours', details, error)
        : error
  }
}

/** The file was moved or removed while it was open (SQLITE_READONLY_DBMOVED). */
const moved = 1032

function whyReadOnly(error: unknown, isReadOnly: boolean): { readonly reason?: string; readonly remedy: string } {
  if (isReadOnly)
    return {
      reason: 'its URL opens it only to be read',
      remedy: 'Leave out mode=ro and immutable=1, or name another one with --db',
    }
  if ((error as { errcode?: number }).errcode === moved)
    return { remedy: 'It was moved or removed while it was open: run the command again' }
  return {
    remedy:
      'Let this user write to the file, and to its folder, where SQLite keeps its journal; or name another one with --db',
  }
}
