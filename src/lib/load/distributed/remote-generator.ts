import { ignoreFailure, onAbort } from '../../base/abort.ts'
import { readError } from '../../base/errors/error-text.ts'
import { reasonOf, type RushbenchError } from '../../base/errors/errors.ts'
import { monotonicMs, realClock } from '../../base/measure/clock.ts'
import type {
  GeneratorHooks,
  GeneratorInterval,
  GeneratorResult,
  LoadGenerator,
  WorkerFacts,
} from '../engine/generator.ts'
import { createCountsReader, type CountsReader } from '../metrics/counts-memory.ts'
import { restMissing } from '../metrics/generator-verdict.ts'
import { aliveEveryMs, type Command, type Telemetry, type Transport } from './protocol.ts'

/**
 * The coordinator's side of one worker: a generator at the other end of `transport`. One that is lost in the middle of the
 * run keeps what it said up to then, and what it has counted since, where it does so in memory that is read here. Before
 * the run that is an error, which `endedEarly` makes.
 */
export function createRemoteGenerator(
  transport: Transport,
  hooks: GeneratorHooks,
  endedEarly: (reason: string) => RushbenchError,
): LoadGenerator {
  const prepared = Promise.withResolvers<void>()
  const finished = Promise.withResolvers<GeneratorResult>()
  // A failure is heard by whoever waits for one of them; nobody waits for the other.
  for (const { promise } of [prepared, finished]) void ignoreFailure(promise)
  const { signal } = hooks
  const counts = createCountsReader()
  let latest: GeneratorInterval | null = null
  let last: GeneratorInterval | null = null
  let worker: WorkerFacts | null = null
  let beganAt = 0
  let heardAt = 0
  let state: 'preparing' | 'prepared' | 'cancelled' | 'running' = 'preparing'

  function fail(error: Error): void {
    prepared.reject(error)
    finished.reject(error)
  }

  function stop(): void {
    transport.send({ kind: 'stop' })
    if (state !== 'preparing') return
    // Its scenario may never come back from what it does.
    state = 'cancelled'
    prepared.resolve()
  }

  function onMessage(message: Telemetry): void | Promise<void> {
    heardAt = monotonicMs()
    if (message.kind === 'hello') worker = message.worker
    if (message.kind === 'preparing') hooks.onPreparing?.(message)
    if (message.kind === 'prepared' && state === 'preparing') {
      state = 'prepared'
      prepared.resolve()
    }
    if (message.kind === 'counts') counts.add(message.piece)
    if (message.kind === 'interval') {
      latest = message.interval
      hooks.onSecond(message.interval)
    }
    if (message.kind === 'last') last = message.interval
    if (message.kind === 'entries') return recordBatch(message, hooks, (answer) => transport.send(answer))
    if (message.kind === 'end') finished.resolve({ last, lost: message.lost, worker })
    if (message.kind === 'failed') fail(readError(message.error) ?? endedEarly(message.error))
    if (message.kind === 'mistake') hooks.onMistake(readError(message.error) ?? endedEarly(message.error))
  }

  transport.listen(onMessage, (reason) => {
    if (reason instanceof Error) return fail(reason)
    if (state !== 'running') return fail(endedEarly(reason))
    const seconds = secondsOf({ beganAt, heardAt, endedAt: monotonicMs() })
    const rest = last ?? restOf(counts, latest, seconds)
    finished.resolve({ last: rest, lost: rest ? reason : restMissing(reason), worker })
  })
  const stopListening = onAbort(signal, stop)

  return {
    prepare: () => prepared.promise,
    async run(startAt) {
      if (state === 'cancelled' || signal.aborted) return { last: null, lost: null, worker }
      state = 'running'
      const at = startAt === undefined ? null : monotonicMs() + startAt - realClock.now()
      beganAt = at ?? monotonicMs()
      transport.send({ kind: 'begin', at })
      return finished.promise
    },
    async close() {
      stopListening()
      await transport.close()
    },
  }
}

/** How long a generator that was lost has made load: one that lives says so each second. Times in ms of one clock. */
function secondsOf(at: { readonly beganAt: number; readonly heardAt: number; readonly endedAt: number }): number {
  return Math.max(0, Math.min(at.endedAt, Math.max(at.beganAt, at.heardAt) + aliveEveryMs) - at.beganAt) / 1000
}

/** Reads what a generator has counted since its `latest` interval; null where its memory cannot be read. */
function restOf(counts: CountsReader, latest: GeneratorInterval | null, madeSeconds: number): GeneratorInterval | null {
  const rest = counts.read()
  if (!rest) return null
  const before = latest?.progress ?? { seconds: 0, users: 0, full: false, iterations: 0, userMs: 0, waitedMs: 0 }
  const seconds = Math.max(before.seconds, madeSeconds)
  const iterations = before.iterations + rest.iterations
  const users = Math.max(before.users, rest.users)
  const progress = { ...before, seconds, elapsedSeconds: seconds, users, iterations }
  return { recorded: rest.recorded, progress, health: latest?.health ?? null }
}

/** A ledger that cannot be written ends the run by itself. */
async function recordBatch(
  { batch, entries }: Extract<Telemetry, { kind: 'entries' }>,
  { ledger }: GeneratorHooks,
  send: (command: Command) => void,
): Promise<void> {
  const results = await Promise.allSettled(entries.map((entry) => ledger.record(entry)))
  const reasons = results.map((result) => (result.status === 'fulfilled' ? null : reasonOf(result.reason)))
  send({ kind: 'recorded', batch, reasons })
}
