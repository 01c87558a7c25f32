import { randomUUID } from 'node:crypto'
import { redactUrl } from '../../databases/url.ts'
import { failure, reasonOf, RushbenchError } from '../../errors.ts'
import type { Clock } from '../../measure/clock.ts'
import type { Fleet, SharedTask } from '../choose-generators.ts'
import type { GeneratorHooks, GeneratorResult, LoadGenerator, WorkerFacts } from '../generator.ts'
import { parseEntry } from '../ledger-format.ts'
import type { Part } from '../pacing.ts'
import type { LedgerEntry } from '../scenario.ts'
import { connectQueue, type QueueClient } from '../../workers/client.ts'
import { placeWork, type PlacedWork, type WorkEnd } from '../../workers/jobs.ts'
import { keysLiveMs, queueGoneMs, runKeys } from '../../workers/names.ts'
import { readNews, type News, type OpenedNews } from '../../workers/news.ts'
import { openOrders, within, type OrderSender } from '../../workers/orders.ts'
import { readClock, serverTime, type ClockReading } from '../../workers/server-clock.ts'
import {
  loadPartName,
  newEntries,
  partEnd,
  partFailure,
  workerFacts,
  type LoadPart,
  type LoadTask,
  type TravellingScenario,
} from './load-part.ts'
import { decodeNews } from './tally-bytes.ts'

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

interface Connection {
  readonly clients: readonly QueueClient[]
  readonly orders: OrderSender
  readonly news: OpenedNews
  readonly work: PlacedWork
}

/**
 * Workers on a queue, as generators: each has one part, and all begin at one moment of the server's clock. What they say is
 * read to its end before the last of them has finished. Throws `queue-unreachable`, `workers-missing`, `worker-lost`,
 * and what a worker refuses.
 */
export function createFleet(task: SharedTask, options: FleetOptions): Fleet {
  const members: Member[] = []
  let opening: Promise<Connection> | null = null
  let starting: Promise<void> | null = null
  let closing: Promise<void> | null = null
  let left = 0
  let saidBehind = false
  let over = false
  let serverClock: ClockReading = { offsetMs: 0, roundTripMs: 0 }
  const serverNow = (): number => options.clock.now() + serverClock.offsetMs

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
      if (kind === 'entries') await recordEntries(member, data)
      else takeNews(member, kind, data)
    } catch (error) {
      refuse(error)
    }
  }

  function refuse(error: unknown): void {
    const url = redactUrl(options.queue)
    if (error instanceof RushbenchError) failAll(error)
    else failAll(failure('queue-message-wrong', { url, reason: reasonOf(error) }, error))
  }

  function takeNews(member: Member, kind: string, data: Buffer): void {
    if (kind === 'hello') member.facts = workerFacts.parse(parseJson(data))
    if (kind === 'second') member.hooks.onSecond(decodeNews(data))
    if (kind === 'prepared') {
      member.ready = true
      member.prepared.resolve()
      options.onNote(`${readyCount()} of ${members.length} workers are ready`)
    }
    if (kind === 'last') {
      member.result = { last: decodeNews(data), lost: null, worker: member.facts }
    }
    if (kind === 'end') {
      const { left: why } = partEnd.parse(parseJson(data))
      void settle(member, { ...(member.result ?? { last: null, worker: member.facts }), lost: why })
    }
    if (kind === 'failed') {
      const { code, exitCode, message } = partFailure.parse(parseJson(data))
      throw new RushbenchError(code, exitCode, message)
    }
  }

  function onWorkEnd(index: number, end: WorkEnd): void {
    const member = members[index]
    if (!member) return
    member.lost ??= { reason: reasonOfEnd(end), at: serverNow() }
  }

  /** Who is said to be lost has said nothing else, once all that was said up to then has been read. */
  function onRead(upTo: number): void {
    for (const member of members) if (member.lost && member.lost.at < upTo) lose(member, member.lost.reason)
    const lateMs = serverNow() - upTo
    if (lateMs < behindMs || saidBehind) return
    saidBehind = true
    const seconds = (lateMs / 1000).toFixed(0)
    options.onNote(`this process is ${seconds} s behind its workers: it cannot take in all that they say in time`)
  }

  function lose(member: Member, reason: string): void {
    const { facts } = member
    if (facts && member.running) void settle(member, { last: null, lost: reason, worker: facts })
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
    over = true
    const connection = await opening
    // In a turn of its own: it waits for the reader, who may be the one who asks for it.
    await connection?.news.seal().catch((error: unknown) => onQueueLost(reasonOf(error)))
  }

  function onQueueLost(reason: string): void {
    const error = failure('queue-lost', { url: redactUrl(options.queue), reason })
    const running = members.some((member) => member.running)
    if (!running) return failAll(error)
    options.onFailure(error)
    over = true
    for (const member of members) {
      settled.add(member)
      member.finished.resolve({ last: member.result?.last ?? null, lost: `the queue was lost`, worker: member.facts })
    }
  }

  async function open(): Promise<Connection> {
    const { queue, clock, version } = options
    const id = randomUUID()
    const keys = runKeys(id)
    const clients = await Promise.all([connectQueue(queue), connectQueue(queue)])
    const [writer, reader] = clients
    await writer.set(keys.task, JSON.stringify(travelling(task, options)), {
      expiration: { type: 'PX', value: options.waitMs + keysLiveMs },
    })
    const orders = await openOrders(writer, keys, onQueueLost)
    serverClock = await readClock(clock, () => serverTime(writer))
    const news = readNews(reader, keys, { onNews, onRead, serverNow })
    const parts = members.map((_, index): { name: string; data: LoadPart } => {
      return { name: loadPartName, data: { version, run: id, part: { index, of: members.length } } }
    })
    const work = await placeWork(queue, parts, onWorkEnd)
    return { clients, orders, news, work }
  }

  /** Too few workers are said in time, and Ctrl-C ends the wait. */
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
    const onAbort = (): void => {
      clearTimeout(timer)
      if (readyCount() === members.length) return
      failAll(
        failure('interrupted', { done: `No load was made: ${readyCount()} of ${members.length} workers were ready.` }),
      )
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
    void Promise.allSettled(members.map(({ prepared }) => prepared.promise)).then(() => clearTimeout(timer))
  }

  async function begin(): Promise<void> {
    const { orders } = await (opening as Promise<Connection>)
    const { signal } = members[0]!.hooks
    if (signal.aborted) return
    for (const member of members) member.running = true
    const slowest = Math.max(...members.map(({ facts }) => facts?.clock?.roundTripMs ?? 0))
    const at = serverNow() + leadMs + slowest * roundTripsAhead
    await orders.send({ kind: 'run', at })
    const stop = (): void => void orders.send({ kind: 'stop' }).catch(() => {})
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
  }

  async function close(): Promise<void> {
    const connection = await opening?.catch(() => null)
    if (!connection) return
    const { clients, orders, news, work } = connection
    orders.close()
    // What is left when the run did not come to its end; the keys go by themselves when the server is away.
    if (!over) {
      await within(queueGoneMs, orders.send({ kind: 'stop' })).catch(() => {})
      await within(queueGoneMs, news.seal()).catch(() => {})
    }
    news.close()
    await within(queueGoneMs, work.close()).catch(() => {})
    for (const client of clients) client.destroy()
  }

  return {
    createGenerator(_part: Part, hooks: GeneratorHooks): LoadGenerator {
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

function reasonOfEnd(end: WorkEnd): string {
  if (end.kind === 'failed') return end.reason
  return end.kind === 'done' ? 'it gave its part back' : 'it has given no sign of life for too long'
}

/** A worker that says no does so in the reason why its work failed, as an error of ours. */
function explain(reason: string, facts: WorkerFacts | null, index: number): Error {
  try {
    const { code, exitCode, message } = partFailure.parse(JSON.parse(reason))
    return new RushbenchError(code, exitCode, message)
  } catch {
    return failure('worker-lost', { worker: facts?.name ?? `of part ${index + 1}`, reason })
  }
}

function parseJson(data: Buffer): unknown {
  return JSON.parse(data.toString())
}

async function recordEntries({ hooks }: Member, data: Buffer): Promise<void> {
  const { lines, conflicts } = newEntries.parse(parseJson(data))
  const conflict: LedgerEntry = { key: 'conflict', resource: 0, outcome: 'conflict' }
  const entries = [...lines.map(parseEntry), ...Array.from({ length: conflicts }, () => conflict)]
  // A ledger that cannot be written ends the run by itself.
  await Promise.allSettled(entries.map((entry) => hooks.ledger.record(entry)))
}

/** What leaves this machine. */
function travelling(task: SharedTask, { scenario }: FleetOptions): LoadTask {
  const { origins, timeout, model, seed, runId, statuses, settings } = task
  return {
    origins: [...origins],
    timeout,
    model: model as LoadTask['model'],
    seed,
    runId,
    statuses: { bookedStatuses: [...statuses.bookedStatuses], conflictStatuses: [...statuses.conflictStatuses] },
    settings: { ...settings },
    scenario,
  }
}
