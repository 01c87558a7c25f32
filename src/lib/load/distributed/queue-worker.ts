import { setTimeout as sleep } from 'node:timers/promises'
import { ignoreFailure, onAbort } from '../../base/abort.ts'
import { errorAsText, readError } from '../../base/errors/error-text.ts'
import { failure, RushbenchError } from '../../base/errors/errors.ts'
import { monotonicMs, type Clock } from '../../base/measure/clock.ts'
import { whyWrong } from '../../base/parse-values.ts'
import type { LedgerEntry } from '../../ports/scenario.ts'
import { connectQueue, type QueueClient } from '../../queue/client.ts'
import { openTelemetry, type TelemetrySender } from '../../queue/telemetry.ts'
import { followCommands } from '../../queue/commands.ts'
import { countStrangers, runIdentity, type RunIdentity } from '../../queue/run-identity.ts'
import { readClock, serverTime, type ClockReading } from '../../queue/server-clock.ts'
import { createSocketClient } from '../clients/http/socket-client.ts'
import { shownTarget, whyUnreachable } from '../clients/target.ts'
import type { GeneratorHooks, GeneratorInterval, LoadGenerator, WorkerFacts } from '../engine/generator.ts'
import type { Shard } from '../engine/schedule.ts'
import type { Command, CoordinatorPort, Telemetry } from './protocol.ts'
import { encodeEntries, encodeTelemetry } from './queue-telemetry.ts'
import { mostJobBytes, queuedShard, readJob, versionedShard, type QueuedJob, type QueuedShard } from './queued-job.ts'
import { serveShard } from './serve-shard.ts'

/** A worker on a queue. */
export interface QueueWorker {
  /** URL of the queue. */
  readonly queue: string
  readonly name: string
  readonly host: string
  /** The version of rushbench. */
  readonly version: string
  readonly clock: Clock
  /** Throws what this worker does not do for anybody: `worker-refuses-scenario`, `worker-refuses-target`, `usage-wrong`. */
  readonly permit: (job: QueuedJob, shard: Shard) => void
  /** Opens the generator of a job that is permitted. Throws `scenario-unusable`. */
  readonly openGenerator: (job: QueuedJob, shard: Shard, hooks: GeneratorHooks) => Promise<LoadGenerator>
  /** Ends the shard under way, which is then given back. */
  readonly signal: AbortSignal
  /** Told what becomes of each shard. */
  readonly onShard: (event: ShardEvent) => void
  /** Told what a person has to know of the queue. */
  readonly onNote: (text: string) => void
}

/** A step in the life of a shard, the `part`th `of` so many, as "worker --json" prints it. */
export type ShardEvent = { readonly run: string; readonly part: number; readonly of: number } & (
  | { readonly event: 'taken' | 'ready' | 'begun' }
  | {
      readonly event: 'ended'
      readonly requests: number
      readonly failures: number
      readonly errors: number
      readonly reason: string | null
    }
  | { readonly event: 'refused'; readonly reason: string }
)

/** Does one shard of a load. Throws an Error that holds, as JSON, why it was refused. */
export async function workOnShard(data: unknown, lost: AbortSignal, worker: QueueWorker): Promise<void> {
  const given = readShard(data, worker)
  const run = runIdentity(given.run, given.key)
  const clients = await Promise.all([connectQueue(worker.queue), connectQueue(worker.queue)])
  const strangers = countStrangers(worker.onNote)
  try {
    const [writer, reader] = clients
    const job = await fetchJob(writer, run, worker, given)
    // Its coordinator is gone.
    if (job === null) return
    const telemetry = openTelemetry(writer, run, given.shard.index)
    const over = new AbortController()
    const clock = await readClock(worker.clock, () => serverTime(writer))
    const port = createQueuePort(telemetry, worker, { run: job.runId, part: given.shard.index + 1, of: given.shard.of })
    const serving = serveShard(port, async (hooks) => {
      worker.permit(job, given.shard)
      port.send({ kind: 'hello', worker: factsOf(worker, clock) })
      for (const origin of job.origins) await requireReachableFrom(worker.name, origin, job.timeout)
      return worker.openGenerator(job, given.shard, hooks)
    })
    const listening = [
      onAbort(worker.signal, () => port.giveUp('it was stopped')),
      onAbort(lost, () => port.giveUp('the queue gave its shard up')),
    ]
    followCommands(reader, run, {
      onStranger: () => strangers.add(),
      onCommand(command) {
        if (command.kind === 'stop') return port.command(command)
        port.command({ kind: 'begin', at: command.at - clock.offsetMs - worker.clock.now() + monotonicMs() })
      },
      onGone() {
        port.giveUp('the coordinator gave no sign of life')
        // Users who wait until a booking is on file have nobody to wait for.
        telemetry.close()
      },
      signal: over.signal,
    })
    try {
      await serving
      await port.finish()
    } finally {
      for (const stopListening of listening) stopListening()
      over.abort()
      telemetry.close()
    }
  } finally {
    for (const client of clients) client.destroy()
    strangers.finish()
  }
}

function readShard(data: unknown, { name, version: own, onNote }: QueueWorker): QueuedShard {
  try {
    const { version } = versionedShard.parse(data)
    if (version !== own) throw failure('worker-version', { worker: name, own, wanted: version })
    return queuedShard.parse(data)
  } catch (error) {
    const isSaid = error instanceof RushbenchError
    const why = isSaid ? error : failure('worker-refuses-load', { worker: name, reason: whyWrong(error) }, error)
    onNote(why.message)
    throw refusal(why)
  }
}

/** Makes an error whose text tells the coordinator why. */
function refusal(error: RushbenchError): Error {
  return new Error(errorAsText(error), { cause: error })
}

/** Fetches what is to be done; null when it is there no more. */
async function fetchJob(
  client: QueueClient,
  run: RunIdentity,
  { name, onShard }: QueueWorker,
  { shard: { index, of } }: QueuedShard,
): Promise<QueuedJob | null> {
  const length = await client.strLen(run.keys.task)
  const isTooLarge = length > mostJobBytes
  const bytes = isTooLarge ? null : await client.get(run.keys.task)
  if (bytes === null && !isTooLarge) return null
  try {
    if (bytes === null) throw new Error(`it has ${length} bytes, and ${mostJobBytes} are allowed`)
    return readJob(bytes, run)
  } catch (error) {
    const why = failure('worker-refuses-load', { worker: name, reason: whyWrong(error) }, error)
    onShard({ run: run.id, part: index + 1, of, event: 'refused', reason: why.message })
    throw refusal(why)
  }
}

/** The way to a coordinator over the queue. */
interface QueuePort extends CoordinatorPort {
  /** Passes on what the coordinator says. */
  command(command: Command): void
  /** Stops, and says why: the shard is given back before its end. */
  giveUp(reason: string): void
  /** Waits a while until all that was said has arrived, and tells what became of the shard. */
  finish(): Promise<void>
}

/** How long the last words of a shard are waited for, ms: the queue may be gone. */
const lastWordsMs = 5000

function createQueuePort(
  telemetry: TelemetrySender,
  { onShard }: QueueWorker,
  about: Pick<ShardEvent, 'run' | 'part' | 'of'>,
): QueuePort {
  let onCommand: (command: Command) => void = () => {}
  let said: Promise<unknown> = Promise.resolve()
  let left: string | null = null
  let refused = false
  const done = { requests: 0, failures: 0, errors: 0 }

  function count({ recorded }: GeneratorInterval): void {
    for (const { response, failures } of recorded.steps) {
      done.requests += response.counts.reduce((sum, times) => sum + times, 0)
      done.failures += failures
    }
    done.errors += recorded.errors
  }

  /** A booking is acknowledged to its user once the queue's server has it. */
  function sendEntries(batch: number, entries: readonly LedgerEntry[]): void {
    const { messages, reasons } = encodeEntries(entries)
    const settle = (failed: string | null): void =>
      onCommand({ kind: 'recorded', batch, reasons: reasons.map((reason) => reason ?? failed) })
    Promise.all(messages.map((data) => telemetry.send('entries', data))).then(
      () => settle(null),
      (error: Error) => settle(error.message),
    )
  }

  function note(message: Telemetry): void {
    if (message.kind === 'prepared') onShard({ ...about, event: 'ready' })
    if (message.kind === 'interval' || message.kind === 'last') count(message.interval)
    if (message.kind !== 'failed') return
    refused = true
    onShard({ ...about, event: 'refused', reason: readError(message.error)?.message ?? message.error })
  }

  function command(given: Command): void {
    if (given.kind === 'begin' && left === null) onShard({ ...about, event: 'begun' })
    onCommand(given)
  }

  onShard({ ...about, event: 'taken' })
  return {
    command,
    giveUp(reason) {
      left ??= reason
      command({ kind: 'stop' })
    },
    listen: (listener) => void (onCommand = listener),
    send(message) {
      if (message.kind === 'entries') return sendEntries(message.batch, message.entries)
      note(message)
      if (message.kind === 'end') left ??= message.lost
      const data = encodeTelemetry(message.kind === 'end' ? { kind: 'end', lost: left } : message)
      if (data) said = ignoreFailure(telemetry.send(message.kind, data))
    },
    async finish() {
      await Promise.race([said, sleep(lastWordsMs, undefined, { ref: false })])
      if (!refused) onShard({ ...about, event: 'ended', ...done, reason: left })
    },
  }
}

function factsOf({ name, host, version, clock }: QueueWorker, reading: ClockReading): WorkerFacts {
  // People know the time of day, which may be set while a run lasts; what counts is the clock that never is.
  const offsetMs = reading.offsetMs - (timeOfDay() - clock.now())
  return { name, host, pid: process.pid, version, clock: { offsetMs, roundTripMs: reading.roundTripMs } }
}

/** ms since 1970, at the moment at which it becomes so much: it is told in whole ms. */
function timeOfDay(): number {
  const before = Date.now()
  for (;;) {
    const now = Date.now()
    if (now !== before) return now
  }
}

async function requireReachableFrom(worker: string, target: string, timeout: number): Promise<void> {
  const reason = await whyUnreachable(createSocketClient(target, timeout))
  if (reason !== null) throw failure('worker-cannot-reach', { worker, target: shownTarget(target), reason })
}
