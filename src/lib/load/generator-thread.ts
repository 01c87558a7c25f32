import { Worker } from 'node:worker_threads'
import { failure, reasonOf, RushbenchError } from '../errors.ts'
import type { GeneratorHooks, GeneratorResult, LoadGenerator } from './generator.ts'
import type { FromThread, ToThread } from './thread-messages.ts'

/**
 * A generator in a thread of its own, which runs the module `entry` with `task` as its data. Throws `thread-ended`
 * when it ends before its work is done.
 */
export function startGeneratorThread(entry: URL, task: object, hooks: GeneratorHooks): LoadGenerator {
  const worker = new Worker(entry, { workerData: task })
  const prepared = Promise.withResolvers<void>()
  const finished = Promise.withResolvers<GeneratorResult>()
  // Whoever waits for one of them hears of a failure; the other has nobody who waits.
  for (const { promise } of [prepared, finished]) promise.catch(() => {})
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin, windows do
  const send = (message: ToThread): void => worker.postMessage(message)
  const stop = (): void => send({ kind: 'stop' })
  const { signal } = hooks

  function fail(error: Error): void {
    prepared.reject(error)
    finished.reject(error)
  }

  worker.on('message', (message: FromThread) => {
    if (message.kind === 'prepared') prepared.resolve()
    if (message.kind === 'second') hooks.onSecond(message.second)
    if (message.kind === 'entries') void recordBatch(message, hooks, send)
    if (message.kind === 'finished') finished.resolve(message.result)
    if (message.kind === 'failed') fail(new RushbenchError(message.code, message.exitCode, message.message))
  })
  worker.once('error', (error) => fail(failure('thread-ended', { reason: reasonOf(error) }, error)))
  worker.once('exit', (code) => fail(failure('thread-ended', { reason: `exit code ${code}` })))
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()

  return {
    prepare: () => prepared.promise,
    async run() {
      send({ kind: 'run' })
      return finished.promise
    },
    async close() {
      signal.removeEventListener('abort', stop)
      await worker.terminate()
    },
  }
}

async function recordBatch(
  { batch, entries }: Extract<FromThread, { kind: 'entries' }>,
  { ledger }: GeneratorHooks,
  send: (message: ToThread) => void,
): Promise<void> {
  const results = await Promise.allSettled(entries.map((entry) => ledger.record(entry)))
  const reasons = results.map((result) => (result.status === 'fulfilled' ? null : reasonOf(result.reason)))
  send({ kind: 'recorded', batch, reasons })
}
