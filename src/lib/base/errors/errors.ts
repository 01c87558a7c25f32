import { cutTo, mostOfQuote } from '../cut-text.ts'
import { databaseErrors } from './database-errors.ts'
import { exitCodes, type CatalogueEntry } from './error-entry.ts'
import { commandErrors } from './command-errors.ts'
import { hideSecrets } from '../secret-text.ts'
import { seedingErrors } from './seeding-errors.ts'
import { workerErrors } from './worker-errors.ts'

const catalogue = {
  ...commandErrors,
  ...databaseErrors,
  ...seedingErrors,
  ...workerErrors,
} satisfies Record<string, CatalogueEntry<never>>

/** The name of an error in the catalogue. */
export type ErrorCode = keyof typeof catalogue

/** Whether the catalogue has an error of that name. */
export function isErrorCode(name: string): name is ErrorCode {
  return Object.hasOwn(catalogue, name)
}

/** Facts that an error's message needs. */
export type ErrorDetails<Code extends ErrorCode> = Parameters<(typeof catalogue)[Code]['message']>[0]

/** The catalogue, typed so that a code's details fit its message. */
const byCode: { readonly [Code in ErrorCode]: CatalogueEntry<ErrorDetails<Code>> } = catalogue

/**
 * The one error that rushbench throws on purpose. Everything else that reaches a command is a bug or
 * a fault that no sentence has been written for yet.
 */
export class RushbenchError extends Error {
  override readonly name = 'RushbenchError'
  readonly code: ErrorCode
  readonly exitCode: number

  constructor(code: ErrorCode, exitCode: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.exitCode = exitCode
  }
}

/** Builds the catalogue's error for `code`, with secrets hidden; `cause` is kept for `--verbose`. */
export function failure<Code extends ErrorCode>(
  code: Code,
  details: ErrorDetails<Code>,
  cause?: unknown,
): RushbenchError {
  const found = byCode[code]
  return new RushbenchError(code, exitCodes[found.exit], hideSecrets(found.message(shortened(details))), cause)
}

/** Characters of a text within a sentence: more than any path or list of what is allowed that makes sense. */
const mostOfDetail = 2000

/** Details that repeat what was given. */
const cited: ReadonlySet<string> = new Set([
  'value',
  'key',
  'url',
  'name',
  'target',
  'host',
  'fault',
  'metric',
  'command',
])

function shortened<Details extends object>(details: Details): Details {
  const entries = Object.entries(details).map(([name, value]: [string, unknown]) => {
    const most = cited.has(name) ? mostOfQuote : mostOfDetail
    const isLong = typeof value === 'string' && value.length > most
    // What hides a secret may stand behind the cut.
    return [name, isLong ? cutTo(most, hideSecrets(value)) : value]
  })
  return Object.fromEntries(entries) as Details
}

/** Characters of a reason: more than anybody reads, and little enough to be kept and printed for each of many. */
const mostOfReason = 1000

/**
 * The message of anything that was thrown, on one line, of at most 1,000 characters, without secrets. AggregateErrors (a
 * failed connect to ::1 and 127.0.0.1) are joined. Never throws, whatever a message does when it is read.
 */
export function reasonOf(thrown: unknown): string {
  try {
    const text = messageOf(thrown)
    const line = text
      .slice(0, 2 * mostOfReason)
      .replaceAll(/\s+/g, ' ')
      .trim()
      .replace(/\.$/, '')
    return cutTo(mostOfReason, hideSecrets(line))
  } catch {
    return 'something that cannot be shown'
  }
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) {
    return [...new Set(thrown.errors.map(reasonOf))].join('; ')
  }
  return String(thrown instanceof Error ? thrown.message || thrown.name : thrown)
}
