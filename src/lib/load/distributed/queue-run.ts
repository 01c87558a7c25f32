import { ignoreFailure } from '../../base/abort.ts'
import { failure } from '../../base/errors/errors.ts'
import { formatBytes } from '../../base/format.ts'
import type { Clock } from '../../base/measure/clock.ts'
import { connectQueue } from '../../queue/client.ts'
import { placeWork, type WorkEnd } from '../../queue/jobs.ts'
import { keysLiveMs, queueGoneMs } from '../../queue/names.ts'
import { readTelemetry, type TelemetryMessage } from '../../queue/telemetry.ts'
import { openCommands, within, type RunCommand } from '../../queue/commands.ts'
import { countStrangers, createRunIdentity } from '../../queue/run-identity.ts'
import { readClock, serverTime } from '../../queue/server-clock.ts'
import { mostJobBytes, queuedShardName, signedJob, type QueuedShard } from './queued-job.ts'

/** A load to be put on the queue. */
export interface PlacedLoad {
  /** URL of the queue. */
  readonly queue: string
  /** The version of rushbench. */
  readonly version: string
  /** As `encodeJob` returns it. */
  readonly job: object
  readonly count: number
  /** How long workers are waited for, ms. */
  readonly waitMs: number
  readonly clock: Clock
}

/** Told what happens on the queue. */
export interface RunListener {
  readonly onTelemetry: (message: TelemetryMessage) => Promise<void>
  /** A shard's worker is lost, and all that it said before has been read. */
  readonly onShardLost: (index: number, reason: string) => void
  /** The queue itself is lost. */
  readonly onLost: (reason: string) => void
  /** Told what a person has to know of the queue. */
  readonly onNote: (text: string) => void
}

/** A run that is on the queue. */
export interface QueueRun {
  /** The server's time, ms. */
  serverNow(): number
  send(command: RunCommand): Promise<void>
  /** Reads what is left, and takes the run from the queue: nobody can add to it after that. */
  seal(): Promise<void>
  /** Ends a run that is `unfinished`, and closes all connections; nothing is asked of a queue that is lost. */
  close(state: 'over' | 'unfinished' | 'lost'): Promise<void>
}

/** How far behind its workers the coordinator is when it says so, ms. */
const behindMs = 3000

/**
 * Puts a load on the queue and listens to the workers that take its shards. Throws `queue-unreachable`, and `usage-wrong`
 * for one that is too large to travel.
 */
export async function openRun(load: PlacedLoad, listener: RunListener): Promise<QueueRun> {
  const { queue, clock, version, count } = load
  const run = createRunIdentity()
  const text = signedJob(load.job, run)
  if (text.length > mostJobBytes) {
    const reason = `The load is too large for a queue: ${formatBytes(text.length)} with its scenario and its body, and ${formatBytes(mostJobBytes)} at most.`
    throw failure('usage-wrong', { reason })
  }
  const strangers = countStrangers(listener.onNote)
  const ends = watchEnds(listener)
  let lost = false
  await using stack = new AsyncDisposableStack()
  // A server that was stopped answers nothing.
  const onClose = (close: () => void | Promise<void>): void =>
    stack.defer(() => ignoreFailure(within(queueGoneMs, Promise.resolve(close()))))
  const connect = async () => {
    const client = await connectQueue(queue)
    onClose(() => {
      if (client.isOpen) client.destroy()
    })
    return client
  }
  const writer = await connect()
  const reader = await connect()
  await writer.set(run.keys.task, text, { expiration: { type: 'PX', value: load.waitMs + keysLiveMs } })
  const commands = await openCommands(writer, run, listener.onLost)
  onClose(() => commands.close())
  const { offsetMs } = await readClock(clock, () => serverTime(writer))
  const serverNow = (): number => clock.now() + offsetMs
  const telemetry = readTelemetry(reader, run, {
    onTelemetry: listener.onTelemetry,
    onStranger: () => strangers.add(),
    onRead: (upTo) => ends.onRead(upTo, serverNow() - upTo),
    serverNow,
  })
  onClose(() => telemetry.close())
  const shards = Array.from({ length: count }, (_, index): { name: string; data: QueuedShard } => {
    return { name: queuedShardName, data: { version, run: run.id, key: run.key, shard: { index, of: count } } }
  })
  const work = await placeWork(queue, shards, (index, end) => ends.add(index, end, serverNow()))
  onClose(() => work.close(lost))
  const opened = stack.move()
  const seal = (): Promise<void> => {
    commands.expectSeal()
    return telemetry.seal()
  }
  return {
    serverNow,
    send: (command) => commands.send(command),
    seal,
    async close(state) {
      lost = state === 'lost'
      if (lost) for (const client of [writer, reader]) client.destroy()
      if (state === 'unfinished') {
        await ignoreFailure(within(queueGoneMs, commands.send({ kind: 'stop' })))
        await ignoreFailure(within(queueGoneMs, seal()))
      }
      await opened.disposeAsync()
      strangers.finish()
    },
  }
}

/** Believes that a worker is lost once all that was said up to then has been read. Times are the server's, ms. */
function watchEnds({ onShardLost, onNote }: RunListener) {
  const ends = new Map<number, { readonly reason: string; readonly at: number }>()
  let saidBehind = false
  return {
    add(index: number, end: WorkEnd, at: number): void {
      if (!ends.has(index)) ends.set(index, { reason: reasonOfEnd(end), at })
    },
    onRead(upTo: number, lateMs: number): void {
      for (const [index, { reason, at }] of ends) if (at < upTo) onShardLost(index, reason)
      if (lateMs < behindMs || saidBehind) return
      saidBehind = true
      const seconds = (lateMs / 1000).toFixed(0)
      onNote(`this process is ${seconds} s behind its workers: it cannot take in all that they say in time`)
    },
  }
}

function reasonOfEnd(end: WorkEnd): string {
  if (end.kind === 'failed') return end.reason
  return end.kind === 'done' ? 'it gave its shard back' : 'it has given no sign of life for too long'
}
