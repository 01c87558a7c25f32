import { exitCodes } from './lib/error-entry.ts'
import { failure } from './lib/errors.ts'
import { endProcess } from './end-process.ts'

/** How long an API may still take to close once its connections are ended, ms: for its messages, its broker, its database. */
export const lateEndMs = 10_000

/**
 * Ends this process where it is still there `shutdownTimeout` and `lateEndMs` from now on, whatever holds it, and says so.
 * Holds it no longer itself.
 */
export function endLate(shutdownTimeout: number, say: (text: string) => void): void {
  const end = (): void => {
    process.exitCode = exitCodes.error
    say(`Error: ${failure('shutdown-unfinished', { seconds: lateEndMs / 1000 }).message}`)
    void endProcess(null)
  }
  setTimeout(end, shutdownTimeout + lateEndMs).unref()
}
