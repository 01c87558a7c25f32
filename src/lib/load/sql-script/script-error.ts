import { cutTo } from '../../base/cut-text.ts'
import { failure } from '../../base/errors/errors.ts'
import { nearestWord } from '../../base/nearest.ts'

/** A place in a script, counted in UTF-16 units from its start, that cannot be read, or goes wrong when it is run. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError'
  readonly at: number

  constructor(at: number, reason: string) {
    super(reason)
    this.at = at
  }
}

/** A value that an expression has no use for: its place is that of the expression. */
export class ValueError extends Error {
  override readonly name = 'ValueError'
}

/** Characters of a line that an error shows. */
const mostOfExcerpt = 60

/** Where something stands, as people count: from 1. */
interface ScriptPlace {
  readonly line: number
  readonly column: number
  /** The rest of that line; empty at its end. */
  readonly excerpt: string
}

/** Finds the line and column of a place in a script. */
function placeIn(text: string, at: number): ScriptPlace {
  const before = text.slice(0, at)
  const lineStart = before.lastIndexOf('\n') + 1
  const line = before.split('\n').length
  const [rest = ''] = text.slice(at).split('\n', 1)
  return { line, column: at - lineStart + 1, excerpt: cutTo(mostOfExcerpt, rest.trim()).toWellFormed() }
}

/** A place as `FILE:LINE:COLUMN, at "..."`. */
export function describePlace(file: string, text: string, at: number): string {
  const { line, column, excerpt } = placeIn(text, at)
  return `${file}:${line}:${column}${excerpt === '' ? '' : `, at ${JSON.stringify(excerpt)}`}`
}

/** The error of a script that cannot be read, with its place; anything else as it is. */
export function unreadable(file: string, text: string, error: unknown): unknown {
  if (!(error instanceof ScriptError)) return error
  return failure('sql-unreadable', { place: describePlace(file, text, error.at), reason: error.message })
}

/** Characters of a variable's name. */
export const mostOfName = 63

/** The name that was probably meant; null for one that is longer than any. */
export function meantName(typed: string, known: readonly string[]): string | null {
  return typed.length > mostOfName ? null : nearestWord(typed, known)
}
