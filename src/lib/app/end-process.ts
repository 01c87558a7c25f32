import { exitCodes } from '../base/errors/error-entry.ts'
import { failure } from '../base/errors/errors.ts'
import { endThreads } from '../load/distributed/worker-threads.ts'

/** How long threads may take to end, ms. */
const threadsEndMs = 300

/** How long an API may take to close its messages, broker and database once its connections are ended, ms. */
export const lateEndMs = 10_000

/**
 * Ends this process, with its exit code or by a signal that came. A thread that waits for another program cannot be ended, and
 * Node would wait for it: then the system ends the process. The same holds for a file that waits, such as a named pipe.
 */
export async function endProcess(signal: NodeJS.Signals | null): Promise<void> {
  if (!(await endThreads(threadsEndMs)) || (signal !== null && isReadingFile())) {
    if (signal !== null) process.removeAllListeners(signal)
    process.kill(process.pid, signal ?? 'SIGKILL')
  }
  process.exit(signal === null ? process.exitCode : exitCodes.interrupted)
}

function isReadingFile(): boolean {
  return process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))
}

/** Ends this process where it still runs after `afterMs`, whatever holds it, and says so. Does not hold it itself. */
export function endLate(afterMs: number, note: (text: string) => void): void {
  const end = (): void => {
    process.exitCode = exitCodes.error
    note(`Error: ${failure('shutdown-unfinished', {}).message}`)
    void endProcess(null)
  }
  setTimeout(end, afterMs).unref()
}
