import { exitCodes } from '../base/errors/error-entry.ts'
import { endThreads } from '../load/distributed/worker-threads.ts'

/** How long threads may take to end, ms. */
const threadsEndMs = 300

/**
 * Ends this process, with its exit code or by a signal that came. A thread that waits for another program cannot be ended, and
 * Node would wait for it: then the system ends the process.
 */
export async function endProcess(signal: NodeJS.Signals | null): Promise<void> {
  if (!(await endThreads(threadsEndMs))) {
    if (signal !== null) process.removeAllListeners(signal)
    process.kill(process.pid, signal ?? 'SIGKILL')
  }
  process.exit(signal === null ? process.exitCode : exitCodes.interrupted)
}
