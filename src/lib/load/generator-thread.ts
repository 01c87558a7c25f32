import { Worker } from 'node:worker_threads'
import { setTimeout as sleep } from 'node:timers/promises'
import { failure, reasonOf } from '../errors.ts'
import type { ScenarioTask } from './choose-generators.ts'
import type { GeneratorHooks, LoadGenerator } from './generator.ts'
import { createRemoteGenerator, type GeneratorChannel } from './remote-generator.ts'
import { watchThread } from './thread-watch.ts'

/** How long a thread is waited for that was told to end, ms: one that waits for another program does not hear of it. */
const endMs = 2000

const running = new Set<Worker>()

/**
 * Ends all threads that still run, however busy they are. False when some could not be ended, so that this process cannot
 * exit by itself either.
 */
export async function endThreads(withinMs: number): Promise<boolean> {
  const ending = Promise.all([...running].map((worker) => worker.terminate()))
  await Promise.race([ending, sleep(withinMs)])
  return running.size === 0
}

/**
 * A generator in a thread of its own, which runs the module `entry` with `task` as its data. One whose scenario does not come
 * back is lost, and ended. Throws `thread-ended` when it ends before the load begins.
 */
export function startGeneratorThread(entry: URL, task: ScenarioTask, hooks: GeneratorHooks): LoadGenerator {
  const channel = watchThread(startThread(entry, task), task)
  return createRemoteGenerator(channel, hooks, (reason) => failure('thread-ended', { reason }))
}

function startThread(entry: URL, task: object): GeneratorChannel {
  const worker = new Worker(entry, { workerData: task })
  running.add(worker)
  worker.once('exit', () => running.delete(worker))
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin, windows do
    send: (message) => worker.postMessage(message),
    listen(onMessage, onEnd) {
      worker.on('message', onMessage)
      worker.once('error', (error) => onEnd(reasonOf(error)))
      worker.once('exit', (code) => onEnd(`it ended by itself, with exit code ${code}`))
    },
    close: async () => void (await Promise.race([worker.terminate(), sleep(endMs, undefined, { ref: false })])),
  }
}
