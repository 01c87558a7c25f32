import { Worker } from 'node:worker_threads'
import { failure, reasonOf } from '../errors.ts'
import type { GeneratorHooks, LoadGenerator } from './generator.ts'
import { createRemoteGenerator, type GeneratorChannel } from './remote-generator.ts'

/**
 * A generator in a thread of its own, which runs the module `entry` with `task` as its data. Throws `thread-ended`
 * when it ends before its work is done.
 */
export function startGeneratorThread(entry: URL, task: object, hooks: GeneratorHooks): LoadGenerator {
  return createRemoteGenerator(startThread(entry, task), hooks, (reason) => failure('thread-ended', { reason }))
}

function startThread(entry: URL, task: object): GeneratorChannel {
  const worker = new Worker(entry, { workerData: task })
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin, windows do
    send: (message) => worker.postMessage(message),
    listen(onMessage, onEnd) {
      worker.on('message', onMessage)
      worker.once('error', (error) => onEnd(reasonOf(error)))
      worker.once('exit', (code) => onEnd(`exit code ${code}`))
    },
    close: async () => void (await worker.terminate()),
  }
}
