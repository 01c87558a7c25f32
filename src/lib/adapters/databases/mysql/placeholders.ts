import { escape } from 'mysql2'
import type { StatementValue } from '../../../ports/database-client.ts'

/** Texts, names in backticks and comments, in which a question mark stands for itself; and one that does not. */
const tokens = /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|--(?=\s|$)[^\n]*|#[^\n]*|\/\*.*?\*\/|\?/gs

/** Cuts a statement into what stands between its values. */
export function splitAtPlaceholders(sql: string): string[] {
  const pieces: string[] = []
  let start = 0
  for (const { 0: token, index } of sql.matchAll(tokens)) {
    if (token !== '?') continue
    pieces.push(sql.slice(start, index))
    start = index + 1
  }
  pieces.push(sql.slice(start))
  return pieces
}

/** Writes values between the pieces as mysql2 escapes them, for the session's own settings. Throws where their numbers differ. */
export function writeInto(pieces: readonly string[], values: readonly StatementValue[]): string {
  if (pieces.length !== values.length + 1) {
    throw new Error(`the statement has ${pieces.length - 1} placeholders, and was given ${values.length} values`)
  }
  let sql = pieces[0] as string
  for (let index = 0; index < values.length; index++) {
    sql += literalOf(values[index] as StatementValue) + (pieces[index + 1] as string)
  }
  return sql
}

function literalOf(value: StatementValue): string {
  if (typeof value === 'number') return String(value)
  return escape(value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.length) : value)
}
