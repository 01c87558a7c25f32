import { failure, reasonOf, RushbenchError } from '../../errors.ts'

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

/** An error of node:sqlite as one of ours where there is a sentence for it; `isReadOnly` as the URL has it. */
export function translateSqliteError(error: unknown, url: string, isReadOnly = false): unknown {
  if (error instanceof RushbenchError) return error
  const code = primaryCode(error)
  const details = { url, reason: reasonOf(error) }
  if (code === codes.busy || code === codes.locked) return failure('database-busy', details, error)
  if (code === codes.full) return failure('disk-full', details, error)
  if (code === codes.notADatabase || code === codes.corrupt) return failure('database-not-ours', details, error)
  if (code === codes.readonly && isReadOnly) {
    const reason = 'its URL opens it only to be read'
    return failure('database-not-ours', { url, reason }, error)
  }
  if (code === codes.cannotOpen || code === codes.readonly) return failure('database-not-ours', details, error)
  if (code === codes.ioError) return failure('database-lost', details, error)
  // SQLite has no code of its own for what it cannot make of a URI.
  if (/^no such (vfs|access mode|cache mode)/.test(details.reason)) return failure('database-not-ours', details, error)
  return error
}
