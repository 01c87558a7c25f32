import { onAbort } from '../../base/abort.ts'
import { readError } from '../../base/errors/error-text.ts'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { startWorkerThread } from '../distributed/worker-threads.ts'

/** A scenario file's contents, as far as they can be told without running it here. */
export interface ScenarioFacts {
  readonly file: string
  /** Names of its scenarios. */
  readonly names: readonly string[]
  /** Modules that it imports beside Node's own and rushbench. */
  readonly imports: readonly string[]
  /** Users of one of them send statements to a database. */
  readonly usesDatabase: boolean
}

/** Messages of the thread that reads it. */
export type FromReader =
  | ({ readonly kind: 'read' } & Omit<ScenarioFacts, 'file'>)
  | { readonly kind: 'failed'; readonly error: string }

/** Options of the reading. */
export interface ReadingOptions {
  /** The module that a thread runs to read it. */
  readonly entry: URL
  readonly timeoutMs: number
  /** Aborts the reading. */
  readonly signal: AbortSignal
}

/**
 * Reads a scenario file in a thread of its own, because its code may wait for ever or never come back. Throws
 * `scenario-unusable`, and `interrupted` when the signal aborts.
 */
export async function readScenarioFacts(
  file: string,
  { entry, timeoutMs, signal }: ReadingOptions,
): Promise<ScenarioFacts> {
  const refuse = (reason: string): Error => failure('scenario-unusable', { file, reason })
  const read = Promise.withResolvers<ScenarioFacts>()
  const stopListening = onAbort(signal, () => read.reject(failure('interrupted', { done: 'Nothing was run.' })))
  const worker = startWorkerThread(entry, file)
  const timer = setTimeout(() => {
    const what = 'outside of its functions an await may never settle, or a loop never end'
    read.reject(refuse(`it was not read within ${timeoutMs / 1000} s (setting prepareTimeout): ${what}`))
  }, timeoutMs)
  worker.on('message', (message: FromReader) => {
    if (message.kind === 'read') {
      const { kind: _kind, ...facts } = message
      read.resolve({ file, ...facts })
    } else read.reject(readError(message.error) ?? refuse(message.error))
  })
  worker.once('error', (error) => read.reject(refuse(reasonOf(error))))
  worker.once('exit', (code) => read.reject(refuse(whyEnded(code))))
  try {
    return await read.promise
  } finally {
    clearTimeout(timer)
    stopListening()
    // Not waited for: it may be in the middle of what cannot be broken off.
    void worker.terminate()
  }
}

/** Node's exit code of a thread that waits for nothing any more, though its module does. */
const unsettledAwait = 13

function whyEnded(code: number): string {
  return code === unsettledAwait
    ? 'its reading never ends: outside of its functions, an await never settles'
    : `it ended its own thread while it was read, with exit code ${code} (by process.exit, it seems)`
}
