import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

// Apart from what runs in the threads: every command ends those that are left, and few have any.

const running = new Set<Worker>()

/**
 * Starts a thread that runs the module `entry` with `data`, and that `endThreads` ends if nobody else does. What it prints
 * goes to stderr, since stdout holds results alone, which may be JSON.
 */
export function startWorkerThread(entry: URL, data: unknown): Worker {
  const worker = new Worker(entry, { workerData: data, stdout: true })
  // A pipe would add its listeners to stderr for every thread.
  worker.stdout.on('data', (printed: Buffer) => void process.stderr.write(printed))
  running.add(worker)
  worker.once('exit', () => running.delete(worker))
  return worker
}

/**
 * Ends all threads that still run, however busy they are. False when some could not be ended within so many ms, so that
 * this process cannot exit by itself either.
 */
export async function endThreads(withinMs: number): Promise<boolean> {
  const ending = Promise.all([...running].map((worker) => worker.terminate()))
  await Promise.race([ending, sleep(withinMs)])
  return running.size === 0
}
