import { onAbort } from '../../base/abort.ts'
import { reasonOf, receivedError } from '../../base/errors/errors.ts'
import { monotonicMs, realClock } from '../../base/measure/clock.ts'
import { createCountsReader, type CountsReader } from '../metrics/counts-memory.ts'
import { restMissing } from '../metrics/generator-verdict.ts'
import type { GeneratorHooks, GeneratorNews, GeneratorResult, LoadGenerator, WorkerFacts } from '../engine/generator.ts'
import { aliveEveryMs, type FromGenerator, type ToGenerator } from './generator-messages.ts'

/** A way to a generator in a thread or a process of its own. */
export interface GeneratorChannel {
  send(message: ToGenerator): void
  /** Once: `onEnd` is told why no more messages will come. */
  listen(onMessage: (message: FromGenerator) => void, onEnd: (reason: string) => void): void
  /** Ends it. */
  close(): Promise<void>
}

/**
 * A generator at the other end of `channel`. When that ends in the middle of the run it is lost: what it said up to then
 * is kept, and what it has counted since, where it does so in memory that is read here. Before, that is an error, which
 * `endedEarly` makes.
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
  const counts = createCountsReader()
  let latest: GeneratorNews | null = null
  let worker: WorkerFacts | null = null
  let beganAt = 0
  let heardAt = 0
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
      heardAt = monotonicMs()
      if (message.kind === 'counts') counts.add(message.piece)
      if (message.kind === 'second') {
        latest = message.news
        hooks.onSecond(message.news)
      }
      if (message.kind === 'entries') void recordBatch(message, hooks, (answer) => channel.send(answer))
      if (message.kind === 'finished') finished.resolve({ last: message.last, lost: message.lost, worker })
      if (message.kind === 'failed') fail(receivedError(message))
      if (message.kind === 'mistake') hooks.onMistake(receivedError(message))
    },
    (reason) => {
      if (state !== 'running') return fail(endedEarly(reason))
      const seconds = secondsOf({ beganAt, heardAt, endedAt: monotonicMs() })
      const last = restOf(counts, latest, seconds)
      finished.resolve({ last, lost: last ? reason : restMissing(reason), worker })
    },
  )
  const stopListening = onAbort(signal, stop)

  return {
    prepare: () => prepared.promise,
    async run(startAt) {
      if (state === 'cancelled') return { last: null, lost: null, worker }
      state = 'running'
      const at = startAt === undefined ? null : monotonicMs() + startAt - realClock.now()
      beganAt = at ?? monotonicMs()
      channel.send({ kind: 'run', at })
      return finished.promise
    },
    async close() {
      stopListening()
      await channel.close()
    },
  }
}

/** How long a generator that was lost has made load: one that lives says so each second. Times in ms of one clock. */
function secondsOf(at: { readonly beganAt: number; readonly heardAt: number; readonly endedAt: number }): number {
  return Math.max(0, Math.min(at.endedAt, Math.max(at.beganAt, at.heardAt) + aliveEveryMs) - at.beganAt) / 1000
}

/** What a generator has counted since it said so `latest`; null where that cannot be read. */
function restOf(counts: CountsReader, latest: GeneratorNews | null, madeSeconds: number): GeneratorNews | null {
  const rest = counts.read()
  if (!rest) return null
  const before = latest?.progress ?? { seconds: 0, users: 0, full: false, iterations: 0, userMs: 0, waitedMs: 0 }
  const seconds = Math.max(before.seconds, madeSeconds)
  const iterations = before.iterations + rest.iterations
  const users = Math.max(before.users, rest.users)
  const progress = { ...before, seconds, elapsedSeconds: seconds, users, iterations }
  return { recorded: rest.recorded, progress, health: latest?.health ?? null }
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
