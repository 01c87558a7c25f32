import { exitCodes } from '../../base/errors/error-entry.ts'
import { failure } from '../../base/errors/errors.ts'
import { endProcess } from '../end-process.ts'

/** How long an API may still take to close once its connections are ended, ms: for its messages, its broker, its database. */
export const lateEndMs = 10_000

/** Ends this process where it is still there so many ms from now on, whatever holds it, and says so. Does not hold it itself. */
export function endLate(afterMs: number, say: (text: string) => void): void {
  const end = (): void => {
    process.exitCode = exitCodes.error
    say(`Error: ${failure('shutdown-unfinished', {}).message}`)
    void endProcess(null)
  }
  setTimeout(end, afterMs).unref()
}
