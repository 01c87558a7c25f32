import { writeSync } from 'node:fs'
import { ux } from '@oclif/core'
import chalk from 'chalk'
import { exitCodes } from '../base/errors/error-entry.ts'
import { failure, reasonOf, RushbenchError } from '../base/errors/errors.ts'
import { plain } from '../base/format.ts'
import { hideInWord, hideInWords, hideSecrets } from '../base/secret-text.ts'
import type { Paint } from '../render/terminal/terminal.ts'

/** Colours where the terminal has them and NO_COLOR does not forbid them. */
export const paint: Paint = {
  good: (text) => chalk.green(text),
  bad: (text) => chalk.red.bold(text),
  faint: (text) => chalk.dim(text),
  bold: (text) => chalk.bold(text),
}

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

/** Whether a command line has one of `flags` before a `--`. */
export function hasFlag(argv: readonly string[], ...flags: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).some((word) => flags.includes(word))
}

/** Whether a command line asks for JSON. */
export function asksForJson(argv: readonly string[]): boolean {
  return hasFlag(argv, '--json')
}

/**
 * Lets a command go on and end with its own exit code when stdout or stderr can no longer be written to. A reader that
 * goes away, as `head` does, is no error; a full disk is one: it is reported on stderr and turns exit code 0 into 1.
 */
export function guardOutput(): void {
  let stdoutError: Error | null = null
  for (const stream of [process.stdout, process.stderr]) {
    // oclif has one on stdout, which throws.
    stream.removeAllListeners('error')
    stream.on('error', (error) => {
      if (stream === process.stdout) stdoutError ??= error
      swallowWrites(stream)
    })
  }
  // A command may end before it hears of an error.
  process.on('exit', () => reportLostOutput(stdoutError ?? process.stdout.errored))
}

function reportLostOutput(error: NodeJS.ErrnoException | null): void {
  if (!error || error.code === 'EPIPE') return
  if (Number(process.exitCode ?? exitCodes.ok) === exitCodes.ok) process.exitCode = exitCodes.error
  try {
    writeSync(process.stderr.fd, `Error: ${failure('output-lost', { reason: reasonOf(error) }).message}\n`)
  } catch {
    // Neither stream can be written to.
  }
}

/** A broken stream would fail each write, and writers that wait for it to drain would wait for ever. */
function swallowWrites(stream: NodeJS.WriteStream): void {
  stream.write = (...given: readonly unknown[]): boolean => {
    const done = given.at(-1)
    if (typeof done === 'function') process.nextTick(done)
    return true
  }
  stream.emit('drain')
}

/**
 * Hides the arguments of this process from `ps` where they hold secrets, so that it shows the command alone. Until it is
 * called, every user of this machine can see them.
 */
export function hideProcessTitle(command: string): void {
  const words = process.argv.slice(2)
  const shown = hideInWords(words)
  if (shown.some((word, at) => word !== words[at])) process.title = `rushbench ${hideInWord(command)}`
}
