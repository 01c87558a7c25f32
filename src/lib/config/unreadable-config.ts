import { failure, reasonOf } from '../base/errors/errors.ts'

/** Where a parser of YAML came to what it cannot read, from 0 on. */
interface Mark {
  readonly line: number
  readonly column: number
}

/**
 * Returns `config-unreadable` for what was thrown when a config file was loaded. What a parser says of a file that is broken
 * quotes it, perhaps in the middle of a password: only the place is said, and nothing is kept for --verbose.
 */
export function unreadableConfig(file: string, error: unknown): Error {
  const broken = whereBroken(error)
  if (broken !== null) return failure('config-unreadable', { file, reason: broken })
  return failure('config-unreadable', { file, reason: reasonOf(error) }, error)
}

/** Null for what is no parser's error. */
function whereBroken(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const { mark } = error as { readonly mark?: Mark }
  if (error.name === 'YAMLException') {
    return mark ? `it breaks off in line ${mark.line + 1}, column ${mark.column + 1}` : 'it is not valid YAML'
  }
  if (!(error instanceof SyntaxError)) return null
  const [, line, column] = /\(line (\d+) column (\d+)\)/.exec(error.message) ?? []
  if (line !== undefined) return `it breaks off in line ${line}, column ${column}`
  if (error.message.startsWith('JSON Error')) return 'it is not whole JSON'
  const [, ofModule] = /^[^\n]*:(\d+)\n/.exec(error.stack ?? '') ?? []
  return ofModule === undefined ? 'it is not valid JavaScript' : `it breaks off in line ${ofModule}`
}
