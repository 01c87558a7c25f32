import { setTimeout as sleep } from 'node:timers/promises'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { watchChannel } from './channel-watch.ts'
import type { ScenarioTask } from './generators.ts'
import type { GeneratorHooks, LoadGenerator } from '../engine/generator.ts'
import { createRemoteGenerator, type GeneratorChannel } from './remote-generator.ts'
import { expectationsOf } from './thread-watch.ts'
import { startWorkerThread } from './worker-threads.ts'

/** How long a thread is waited for that was told to end, ms: one that waits for another program does not hear of it. */
const endMs = 2000

/**
 * A generator in a thread of its own, which runs the module `entry` with `task` as its data. One whose scenario does not come
 * back is lost, and ended. Throws `thread-ended` when it ends before the load begins.
 */
export function startGeneratorThread(entry: URL, task: ScenarioTask, hooks: GeneratorHooks): LoadGenerator {
  const channel = watchChannel(startThread(entry, task), expectationsOf(task))
  return createRemoteGenerator(channel, hooks, (reason) => failure('thread-ended', { reason }))
}

function startThread(entry: URL, task: object): GeneratorChannel {
  const worker = startWorkerThread(entry, task)
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
