import { ignoreFailure } from '../../base/abort.ts'
import { readError } from '../../base/errors/error-text.ts'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import type { Clock } from '../../base/measure/clock.ts'
import { redactUrl } from '../../base/redact-url.ts'
import { whyWrong } from '../../base/parse-values.ts'
import type { TelemetryMessage } from '../../queue/telemetry.ts'
import type { WorkerFacts } from '../engine/generator.ts'
import type { LoadJob } from '../engine/load-job.ts'
import { createRemoteGenerator } from './coordinator.ts'
import type { Transport } from './protocol.ts'
import { openRun, type QueueRun } from './queue-run.ts'
import { decodeTelemetry } from './queue-telemetry.ts'
import { encodeJob, type TravellingScenario } from './queued-job.ts'
import type { GeneratorPool } from './run-model.ts'

/** How a load is made by workers on a queue. */
export interface QueuePoolOptions {
  /** URL of the queue. */
  readonly queue: string
  /** The version of rushbench. */
  readonly version: string
  /** The number of workers. */
  readonly count: number
  /** A person's own scenarios; null for the workload's. */
  readonly scenario: TravellingScenario | null
  /** How long workers are waited for, ms. */
  readonly waitMs: number
  readonly clock: Clock
  /** Told how many workers are ready, and what else a person has to know of them. */
  readonly onNote: (text: string) => void
  /** Told when the queue was lost in the middle of a run. */
  readonly onFailure: (error: Error) => void
}

/** From the command to begin to the beginning, ms: as long as it takes to reach the last worker, and some more. */
const leadMs = 500
const roundTripsAhead = 2

/** One worker, as far as the queue tells of it. */
interface Member {
  onMessage: Parameters<Transport['listen']>[0]
  onLost: Parameters<Transport['listen']>[1]
  facts: WorkerFacts | null
  isReady: boolean
}

/**
 * Workers on a queue: each has one shard, and all begin at one moment of the server's clock. What they say is read to its
 * end by `finish`. Throws `queue-unreachable`, `workers-missing`, `worker-lost`, and what a worker refuses.
 */
export function createQueuePool(job: LoadJob, options: QueuePoolOptions): GeneratorPool {
  const { count, waitMs, onNote } = options
  const url = redactUrl(options.queue)
  const members: Member[] = []
  let opening: Promise<QueueRun> | null = null
  let missing: NodeJS.Timeout | undefined
  let state: 'over' | 'unfinished' | 'lost' = 'unfinished'
  let hasBegun = false
  let hasStopped = false
  let open = count
  let closing: Promise<void> | null = null

  function loseAll(reason: string | Error): void {
    for (const member of members) member.onLost(reason)
  }

  async function start(): Promise<QueueRun> {
    missing = setTimeout(() => {
      const ready = members.filter(({ facts }) => facts !== null).length
      if (ready === count) return
      loseAll(failure('workers-missing', { ready, wanted: count, seconds: waitMs / 1000, queue: url }))
    }, waitMs)
    try {
      const placed = { ...options, job: encodeJob(job, options.scenario) }
      return await openRun(placed, { onTelemetry, onShardLost, onLost, onNote })
    } catch (error) {
      loseAll(error as Error)
      throw error
    }
  }

  async function onTelemetry({ shard, kind, data }: TelemetryMessage): Promise<void> {
    const member = members[shard]
    if (!member) return
    try {
      const message = decodeTelemetry(kind, data)
      if (message?.kind === 'hello') member.facts = message.worker
      if (message?.kind === 'prepared') {
        member.isReady = true
        onNote(`${members.filter(({ isReady }) => isReady).length} of ${count} workers are ready`)
      }
      if (message) await member.onMessage(message)
    } catch (error) {
      member.onLost(failure('queue-message-wrong', { url, reason: whyWrong(error) }, error))
    }
  }

  function onShardLost(index: number, reason: string): void {
    members[index]?.onLost(reason)
  }

  function onLost(reason: string): void {
    const error = failure('queue-lost', { url, reason })
    state = 'lost'
    if (!hasBegun) return loseAll(error)
    options.onFailure(error)
    loseAll('the queue was lost')
  }

  /** Tells all workers at once, whichever of them it is that is to begin first. */
  async function begin(): Promise<void> {
    if (hasBegun) return
    hasBegun = true
    const run = await (opening as Promise<QueueRun>)
    const slowest = Math.max(...members.map(({ facts }) => facts?.clock?.roundTripMs ?? 0))
    await run.send({ kind: 'begin', at: run.serverNow() + leadMs + slowest * roundTripsAhead })
  }

  async function stop(): Promise<void> {
    if (hasStopped) return
    hasStopped = true
    const run = await opening
    await run?.send({ kind: 'stop' })
  }

  async function close(): Promise<void> {
    clearTimeout(missing)
    const run = await opening?.catch(() => null)
    await run?.close(state)
  }

  function connect(member: Member): Transport {
    return {
      listen(onMessage, whenLost) {
        Object.assign(member, { onMessage, onLost: whenLost })
        if (opening) return
        opening = start()
        void ignoreFailure(opening)
      },
      send({ kind }) {
        // The signs of life find out that the queue is away. That entries are recorded, its server has answered.
        if (kind === 'begin') void ignoreFailure(begin())
        if (kind === 'stop') void ignoreFailure(stop())
      },
      async close() {
        if (--open === 0) closing ??= close()
        await closing
      },
    }
  }

  return {
    shards: count,
    createGenerator({ index }, hooks) {
      const member: Member = { onMessage() {}, onLost() {}, facts: null, isReady: false }
      members.push(member)
      return createRemoteGenerator(connect(member), hooks, (reason) => {
        // A worker that says no does so in the reason why its work failed, as an error of ours.
        return (
          readError(reason) ?? failure('worker-lost', { worker: member.facts?.name ?? `of shard ${index + 1}`, reason })
        )
      })
    },
    async finish() {
      if (!hasBegun || state === 'lost') return null
      state = 'over'
      try {
        await (await opening)?.seal()
        return null
      } catch (error) {
        onLost(reasonOf(error))
        return 'the queue was lost'
      }
    },
  }
}
