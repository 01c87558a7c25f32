import { writeSync } from 'node:fs'
import { exitCodes } from '../base/errors/error-entry.ts'
import { failure, reasonOf } from '../base/errors/errors.ts'

/**
 * Lets a command go on and end with its own exit code when stdout or stderr cannot be written to any more. A reader that has
 * gone, as `head` does, is no error; a full disk is one, which is said on stderr and makes 1 of an exit code 0.
 */
export function guardOutput(): void {
  let ofStdout: Error | null = null
  for (const stream of [process.stdout, process.stderr]) {
    // oclif has one on stdout, which throws.
    stream.removeAllListeners('error')
    stream.on('error', (error) => {
      if (stream === process.stdout) ofStdout ??= error
      swallowWrites(stream)
    })
  }
  // A command may end before it hears of an error.
  process.on('exit', () => sayWhatIsLost(ofStdout ?? process.stdout.errored))
}

function sayWhatIsLost(error: NodeJS.ErrnoException | null): void {
  if (!error || error.code === 'EPIPE') return
  if (Number(process.exitCode ?? exitCodes.ok) === exitCodes.ok) process.exitCode = exitCodes.error
  try {
    writeSync(process.stderr.fd, `Error: ${failure('output-lost', { reason: reasonOf(error) }).message}\n`)
  } catch {
    // There is nobody left to tell.
  }
}

/** A stream that is broken would say so at each write, and whoever waits until it is drained would wait for ever. */
function swallowWrites(stream: NodeJS.WriteStream): void {
  stream.write = (...given: readonly unknown[]): boolean => {
    const done = given.at(-1)
    if (typeof done === 'function') process.nextTick(done)
    return true
  }
  stream.emit('drain')
}
