import { onAbort } from '../abort.ts'
import { reasonOf, receivedError } from '../errors.ts'
import { monotonicMs, realClock } from '../measure/clock.ts'
import type { GeneratorHooks, GeneratorResult, LoadGenerator, WorkerFacts } from './generator.ts'
import type { FromGenerator, ToGenerator } from './generator-messages.ts'

/** A way to a generator in a thread or a process of its own. */
export interface GeneratorChannel {
  send(message: ToGenerator): void
  /** Once: `onEnd` is told why no more messages will come. */
  listen(onMessage: (message: FromGenerator) => void, onEnd: (reason: string) => void): void
  /** Ends it. */
  close(): Promise<void>
}

/**
 * A generator at the other end of `channel`. When that ends in the middle of the run it is lost, with what it said up to
 * then; before, that is an error, which `endedEarly` makes.
 */
export function createRemoteGenerator(
  channel: GeneratorChannel,
  hooks: GeneratorHooks,
  endedEarly: (reason: string) => Error,
): LoadGenerator {
  const prepared = Promise.withResolvers<void>()
  const finished = Promise.withResolvers<GeneratorResult>()
  // Whoever waits for one of them hears of a failure; the other has nobody who waits.
  for (const { promise } of [prepared, finished]) promise.catch(() => {})
  const { signal } = hooks
  let worker: WorkerFacts | null = null
  let state: 'preparing' | 'prepared' | 'cancelled' | 'running' = 'preparing'

  function fail(error: Error): void {
    prepared.reject(error)
    finished.reject(error)
  }

  function stop(): void {
    channel.send({ kind: 'stop' })
    if (state !== 'preparing') return
    // Its scenario may never come back from what it does.
    state = 'cancelled'
    prepared.resolve()
  }

  channel.listen(
    (message) => {
      if (message.kind === 'hello') worker = message.worker
      if (message.kind === 'preparing') hooks.onPreparing?.(message)
      if (message.kind === 'prepared' && state === 'preparing') {
        state = 'prepared'
        prepared.resolve()
      }
      if (message.kind === 'second') hooks.onSecond(message.news)
      if (message.kind === 'entries') void recordBatch(message, hooks, (answer) => channel.send(answer))
      if (message.kind === 'finished') finished.resolve({ last: message.last, lost: message.lost, worker })
      if (message.kind === 'failed') fail(receivedError(message))
      if (message.kind === 'mistake') hooks.onMistake(receivedError(message))
    },
    (reason) => {
      if (state === 'running') finished.resolve({ last: null, lost: reason, worker })
      else fail(endedEarly(reason))
    },
  )
  const stopListening = onAbort(signal, stop)

  return {
    prepare: () => prepared.promise,
    async run(startAt) {
      if (state === 'cancelled') return { last: null, lost: null, worker }
      state = 'running'
      channel.send({ kind: 'run', at: startAt === undefined ? null : monotonicMs() + startAt - realClock.now() })
      return finished.promise
    },
    async close() {
      stopListening()
      await channel.close()
    },
  }
}

async function recordBatch(
  { batch, entries }: Extract<FromGenerator, { kind: 'entries' }>,
  { ledger }: GeneratorHooks,
  send: (message: ToGenerator) => void,
): Promise<void> {
  const results = await Promise.allSettled(entries.map((entry) => ledger.record(entry)))
  const reasons = results.map((result) => (result.status === 'fulfilled' ? null : reasonOf(result.reason)))
  send({ kind: 'recorded', batch, reasons })
}
