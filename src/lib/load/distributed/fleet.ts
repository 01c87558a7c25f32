import { onAbort } from '../../base/abort.ts'
import { redactUrl } from '../../base/redact-url.ts'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { readError } from '../../queue/error-text.ts'
import { whyWrong } from '../../base/why-wrong.ts'
import type { Clock } from '../../base/measure/clock.ts'
import type { WorkEnd } from '../../queue/jobs.ts'
import type { News } from '../../queue/news.ts'
import type { Order } from '../../queue/orders.ts'
import type { Fleet, SharedTask } from './generators.ts'
import { restMissing } from '../metrics/generator-verdict.ts'
import type { GeneratorHooks, GeneratorResult, LoadGenerator, WorkerFacts } from '../engine/generator.ts'
import type { Shard } from '../engine/pacing.ts'
import type { LedgerEntry } from '../../ports/scenario.ts'
import { openConnection, type FleetConnection } from './fleet-connection.ts'
import { sendOf } from '../engine/model.ts'
import { writtenRequest, type TravellingScenario, type WrittenLoadTask } from './load-part.ts'
import { readMessage, type PartMessage } from './part-messages.ts'

/** Who makes a load by workers on a queue. */
export interface FleetOptions {
  /** URL of the queue. */
  readonly queue: string
  /** Of rushbench. */
  readonly version: string
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

/** From the order to begin to the beginning, ms: as long as it takes to reach the last worker, and some more. */
const leadMs = 500
const roundTripsAhead = 2

/** So far behind its workers the coordinator is when it says so, ms. */
const behindMs = 3000

interface Member {
  readonly hooks: GeneratorHooks
  readonly prepared: PromiseWithResolvers<void>
  readonly finished: PromiseWithResolvers<GeneratorResult>
  facts: WorkerFacts | null
  ready: boolean
  running: boolean
  /** What it said at its end, until all have ended. */
  result: GeneratorResult | null
  /** Why its work ended otherwise, and since when that is known: to be believed once all that it said before was read. */
  lost: { readonly reason: string; readonly at: number } | null
}

/**
 * Workers on a queue, as generators: each has one part, and all begin at one moment of the server's clock. What they say is
 * read to its end before the last of them has finished. Throws `queue-unreachable`, `workers-missing`, `worker-lost`,
 * and what a worker refuses.
 */
export function createFleet(task: SharedTask, options: FleetOptions): Fleet {
  const members: Member[] = []
  let opening: Promise<FleetConnection> | null = null
  let starting: Promise<void> | null = null
  let closing: Promise<void> | null = null
  let left = 0
  let saidBehind = false
  let state: 'over' | 'unfinished' | 'lost' = 'unfinished'

  const readyCount = (): number => members.filter(({ ready }) => ready).length
  const failAll = (error: Error): void => {
    for (const { prepared, finished } of members) {
      prepared.reject(error)
      finished.reject(error)
    }
  }

  async function onNews({ part, kind, data }: News): Promise<void> {
    const member = members[part]
    if (!member) return
    try {
      const message = readMessage(kind, data)
      if (message?.kind === 'entries') await recordEntries(member, message.entries)
      else if (message) take(member, message)
    } catch (error) {
      const url = redactUrl(options.queue)
      failAll(failure('queue-message-wrong', { url, reason: whyWrong(error) }, error))
    }
  }

  function take(member: Member, message: Exclude<PartMessage, { kind: 'entries' }>): void {
    if (message.kind === 'hello') member.facts = message.worker
    if (message.kind === 'second') member.hooks.onSecond(message.news)
    if (message.kind === 'prepared') {
      member.ready = true
      member.prepared.resolve()
      options.onNote(`${readyCount()} of ${members.length} workers are ready`)
    }
    if (message.kind === 'last') member.result = { last: message.news, lost: null, worker: member.facts }
    if (message.kind === 'end') {
      void settle(member, { ...(member.result ?? { last: null, worker: member.facts }), lost: message.left })
    }
    if (message.kind === 'failed') failAll(message.error)
    if (message.kind === 'mistake') member.hooks.onMistake(message.error)
  }

  function onWorkEnd(index: number, end: WorkEnd, at: number): void {
    const member = members[index]
    if (member) member.lost ??= { reason: reasonOfEnd(end), at }
  }

  /** Who is said to be lost has said nothing else, once all that was said up to then has been read. */
  function onRead(upTo: number, lateMs: number): void {
    for (const member of members) if (member.lost && member.lost.at < upTo) lose(member, member.lost.reason)
    if (lateMs < behindMs || saidBehind) return
    saidBehind = true
    const seconds = (lateMs / 1000).toFixed(0)
    options.onNote(`this process is ${seconds} s behind its workers: it cannot take in all that they say in time`)
  }

  function lose(member: Member, reason: string): void {
    const { facts } = member
    if (facts && member.running) void settle(member, { ...restOf(member, reason), worker: facts })
    else failAll(explain(reason, facts, members.indexOf(member)))
  }

  const settled = new Set<Member>()

  /** A member that was lost is known at once, so that the others can be ended; these wait until all has been read. */
  async function settle(member: Member, result: GeneratorResult): Promise<void> {
    if (settled.has(member)) return
    settled.add(member)
    member.result = result
    if (result.lost !== null && settled.size < members.length) return member.finished.resolve(result)
    if (settled.size < members.length) return
    await seal()
    for (const { finished, result: last } of members) if (last) finished.resolve(last)
  }

  async function seal(): Promise<void> {
    state = 'over'
    const connection = await opening
    // In a turn of its own: it waits for the reader, who may be the one who asks for it.
    await connection?.seal().catch((error: unknown) => onQueueLost(reasonOf(error)))
  }

  function onQueueLost(reason: string): void {
    const error = failure('queue-lost', { url: redactUrl(options.queue), reason })
    state = 'lost'
    if (!members.some((member) => member.running)) return failAll(error)
    options.onFailure(error)
    for (const member of members) {
      settled.add(member)
      member.finished.resolve({ ...restOf(member, 'the queue was lost'), worker: member.facts })
    }
  }

  async function open(): Promise<FleetConnection> {
    const travelling = travellingTask(task, options.scenario)
    return openConnection(
      { ...options, task: travelling, parts: members.length },
      { onNews, onRead, onWorkEnd, onLost: onQueueLost, onNote: options.onNote },
    )
  }

  /** Too few workers are said in time, and Ctrl-C ends the wait: then nothing is begun. */
  function watchMissing(): void {
    const { signal } = members[0]!.hooks
    const taken = (): number => members.filter(({ facts }) => facts !== null).length
    const timer = setTimeout(() => {
      if (taken() === members.length) return
      const { queue, waitMs } = options
      failAll(
        failure('workers-missing', {
          ready: taken(),
          wanted: members.length,
          seconds: waitMs / 1000,
          queue: redactUrl(queue),
        }),
      )
    }, options.waitMs)
    onAbort(signal, () => {
      for (const { prepared } of members) prepared.resolve()
    })
    void Promise.allSettled(members.map(({ prepared }) => prepared.promise)).then(() => clearTimeout(timer))
  }

  async function begin(): Promise<void> {
    const connection = await (opening as Promise<FleetConnection>)
    const { signal } = members[0]!.hooks
    if (signal.aborted) return
    for (const member of members) member.running = true
    const slowest = Math.max(...members.map(({ facts }) => facts?.clock?.roundTripMs ?? 0))
    const order = (what: Order): void => {
      // Whoever gives signs of life finds out that the queue is away.
      connection.send(what).catch(() => {})
    }
    order({ kind: 'run', at: connection.serverNow() + leadMs + slowest * roundTripsAhead })
    onAbort(signal, () => order({ kind: 'stop' }))
  }

  async function close(): Promise<void> {
    const connection = await opening?.catch(() => null)
    await connection?.close(state)
  }

  return {
    createGenerator(_part: Shard, hooks: GeneratorHooks): LoadGenerator {
      const member: Member = {
        hooks,
        prepared: Promise.withResolvers(),
        finished: Promise.withResolvers(),
        facts: null,
        ready: false,
        running: false,
        result: null,
        lost: null,
      }
      // Whoever waits for one of them hears of a failure; the other has nobody who waits.
      for (const { promise } of [member.prepared, member.finished]) promise.catch(() => {})
      members.push(member)
      left++
      return {
        async prepare() {
          if (!opening) {
            opening = open()
            watchMissing()
          }
          await opening
          await member.prepared.promise
        },
        async run() {
          starting ??= begin()
          await starting
          return member.running ? member.finished.promise : { last: null, lost: null, worker: member.facts }
        },
        async close() {
          if (--left === 0) closing ??= close()
          await closing
        },
      }
    },
  }
}

/** What a worker said last, and why it is lost. */
function restOf({ result }: Member, reason: string): Pick<GeneratorResult, 'last' | 'lost'> {
  const last = result?.last ?? null
  return { last, lost: last ? reason : restMissing(reason) }
}

function reasonOfEnd(end: WorkEnd): string {
  if (end.kind === 'failed') return end.reason
  return end.kind === 'done' ? 'it gave its part back' : 'it has given no sign of life for too long'
}

/** A worker that says no does so in the reason why its work failed, as an error of ours. */
function explain(reason: string, facts: WorkerFacts | null, index: number): Error {
  return readError(reason) ?? failure('worker-lost', { worker: facts?.name ?? `of part ${index + 1}`, reason })
}

/** A ledger that cannot be written ends the run by itself. */
async function recordEntries({ hooks }: Member, entries: readonly LedgerEntry[]): Promise<void> {
  await Promise.allSettled(entries.map((entry) => hooks.ledger.record(entry)))
}

/** What leaves this machine. */
function travellingTask(task: SharedTask, scenario: TravellingScenario | null): WrittenLoadTask {
  const { origins, timeout, model, seed, runId, statuses, settings, prepareTimeout } = task
  const send = sendOf(model)
  return {
    origins: [...origins],
    timeout,
    model: { ...model, ...(send ? { send: writtenRequest(send) } : {}) } as WrittenLoadTask['model'],
    seed,
    runId,
    statuses: { bookedStatuses: [...statuses.bookedStatuses], conflictStatuses: [...statuses.conflictStatuses] },
    settings: { ...settings },
    scenario,
    prepareTimeout,
  }
}
