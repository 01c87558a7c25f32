import { ux } from '@oclif/core'
import { exitCodes } from '../base/errors/error-entry.ts'
import { reasonOf, RushbenchError } from '../base/errors/errors.ts'
import { plain } from '../base/format.ts'
import { hideSecrets } from '../base/secret-text.ts'

/** Returns what `--json` prints of an error, without secrets. */
export function errorJson(error: unknown): object {
  const known = error instanceof RushbenchError
  return {
    error: {
      code: known ? error.code : 'unexpected',
      message: hideSecrets(error instanceof Error ? error.message : String(error)),
      exitCode: known ? error.exitCode : (process.exitCode ?? exitCodes.error),
    },
  }
}

/** Prints an error as one sentence to stderr; with `--json` as an object to stdout. */
export function printError(error: Error, json: boolean): void {
  if (json) ux.stdout(JSON.stringify(errorJson(error), null, 2))
  else ux.stderr(`Error: ${plain(reasonOf(error))}${error.message.endsWith('.') ? '.' : ''}`)
}

/** True where a command line has one of `flags`, which behind a `--` is no flag. */
export function hasFlag(argv: readonly string[], ...flags: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).some((word) => flags.includes(word))
}

/** True where a command line asks for JSON. */
export function asksForJson(argv: readonly string[]): boolean {
  return hasFlag(argv, '--json')
}
