import { ignoreFailure } from '../../base/abort.ts'
import { readError } from '../../base/errors/error-text.ts'
import { failure, reasonOf, type RushbenchError } from '../../base/errors/errors.ts'
import type { Clock } from '../../base/measure/clock.ts'
import { redactUrl } from '../../base/redact-url.ts'
import { whyWrong } from '../../base/parse-values.ts'
import type { TelemetryMessage } from '../../queue/telemetry.ts'
import type { WorkerFacts } from '../engine/generator.ts'
import type { LoadJob } from '../engine/load-job.ts'
import { createRemoteGenerator } from './remote-generator.ts'
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

type Members = ReturnType<typeof createMembers>

/** The workers of a run, by their shards. */
function createMembers({ count, onNote }: QueuePoolOptions, url: string) {
  const members: Member[] = []
  return {
    add(): Member {
      const member: Member = { onMessage() {}, onLost() {}, facts: null, isReady: false }
      members.push(member)
      return member
    },
    /** How many have said who they are. */
    countKnown: (): number => members.filter(({ facts }) => facts !== null).length,
    /** The longest round trip to any of them, ms. */
    slowestMs: (): number => Math.max(...members.map(({ facts }) => facts?.clock?.roundTripMs ?? 0)),
    lose: (index: number, reason: string): void => members[index]?.onLost(reason),
    loseAll(reason: string | Error): void {
      for (const member of members) member.onLost(reason)
    },
    async onTelemetry({ shard, kind, data }: TelemetryMessage): Promise<void> {
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
    },
  }
}

/** A worker that says no does so in the reason why its work failed, as an error of ours. */
function whyLost({ facts }: Member, index: number, reason: string): RushbenchError {
  return readError(reason) ?? failure('worker-lost', { worker: facts?.name ?? `of shard ${index + 1}`, reason })
}

/** Loses all workers where some have not come in the time that they are waited for. Returns a function that ends the wait. */
function expectWorkers(members: Members, { count, waitMs }: QueuePoolOptions, queue: string): () => void {
  const timer = setTimeout(() => {
    const ready = members.countKnown()
    if (ready === count) return
    members.loseAll(failure('workers-missing', { ready, wanted: count, seconds: waitMs / 1000, queue }))
  }, waitMs)
  return () => clearTimeout(timer)
}

/**
 * Workers on a queue: each has one shard, and all begin at one moment of the server's clock. What they say is read to its
 * end by `finish`. Throws `queue-unreachable`, `workers-missing`, `worker-lost`, and what a worker refuses.
 */
export function createQueuePool(job: LoadJob, options: QueuePoolOptions): GeneratorPool {
  const { count, onNote } = options
  const url = redactUrl(options.queue)
  const members = createMembers(options, url)
  let opening: Promise<QueueRun> | null = null
  let stopExpecting = (): void => {}
  let state: 'over' | 'unfinished' | 'lost' = 'unfinished'
  let beginning: Promise<void> | null = null
  let stopping: Promise<void> | null = null
  let open = count
  let closing: Promise<void> | null = null

  async function start(): Promise<QueueRun> {
    stopExpecting = expectWorkers(members, options, url)
    try {
      const placed = { ...options, job: encodeJob(job, options.scenario) }
      return await openRun(placed, { ...members, onShardLost: members.lose, onLost, onNote })
    } catch (error) {
      members.loseAll(error as Error)
      throw error
    }
  }

  function onLost(reason: string): void {
    const error = failure('queue-lost', { url, reason })
    state = 'lost'
    if (!beginning) return members.loseAll(error)
    options.onFailure(error)
    members.loseAll('the queue was lost')
  }

  /** Tells all workers at once, whichever of them it is that is to begin first. */
  async function begin(): Promise<void> {
    const run = await (opening as Promise<QueueRun>)
    await run.send({ kind: 'begin', at: run.serverNow() + leadMs + members.slowestMs() * roundTripsAhead })
  }

  async function stop(): Promise<void> {
    const run = await opening
    await run?.send({ kind: 'stop' })
  }

  async function close(): Promise<void> {
    stopExpecting()
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
        if (kind === 'begin') void ignoreFailure((beginning ??= begin()))
        if (kind === 'stop') void ignoreFailure((stopping ??= stop()))
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
      const member = members.add()
      return createRemoteGenerator(connect(member), hooks, (reason) => whyLost(member, index, reason))
    },
    async finish() {
      if (!beginning || state === 'lost') return null
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
