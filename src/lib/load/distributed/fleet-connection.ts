import type { Clock } from '../../base/measure/clock.ts'
import { connectQueue } from '../../queue/client.ts'
import { placeWork, type WorkEnd } from '../../queue/jobs.ts'
import { failure } from '../../base/errors/errors.ts'
import { formatBytes } from '../../base/format.ts'
import { keysLiveMs, queueGoneMs } from '../../queue/names.ts'
import { readNews, type News } from '../../queue/news.ts'
import { openOrders, within, type Order } from '../../queue/orders.ts'
import { createRunIdentity, countStrangers } from '../../queue/run-identity.ts'
import { readClock, serverTime } from '../../queue/server-clock.ts'
import { loadPartName, mostTaskBytes, type LoadPart, type WrittenLoadTask } from './load-part.ts'
import { signedTask } from './task-text.ts'

/** What is put on the queue. */
export interface PlacedLoad {
  /** URL of the queue. */
  readonly queue: string
  /** Of rushbench. */
  readonly version: string
  readonly task: WrittenLoadTask
  /** Into how many parts it is cut. */
  readonly parts: number
  /** How long workers are waited for, ms. */
  readonly waitMs: number
  readonly clock: Clock
}

/** Who hears of it. Times are the server's, ms. */
export interface FleetListener {
  readonly onNews: (news: News) => Promise<void>
  /** All that was said before `upTo` has been read; that was so long ago, ms. */
  readonly onRead: (upTo: number, lateMs: number) => void
  /** What became of a part, as was known at that time. */
  readonly onWorkEnd: (part: number, end: WorkEnd, at: number) => void
  /** The queue itself is lost; why. */
  readonly onLost: (reason: string) => void
  /** What a person has to know of the queue. */
  readonly onNote: (text: string) => void
}

/** A run that is on the queue. */
export interface FleetConnection {
  /** The server's time, ms. */
  serverNow(): number
  send(order: Order): Promise<void>
  /** Reads what is left, and takes the run from the queue: nobody can add to it after that. */
  seal(): Promise<void>
  /** Ends a run that is `unfinished`, and closes all connections; nothing is asked of a queue that is lost. */
  close(state: 'over' | 'unfinished' | 'lost'): Promise<void>
}

/**
 * Puts a load on the queue and listens to whoever takes a part of it. Throws `queue-unreachable`, and `usage-wrong` for one
 * that is too large to travel.
 */
export async function openConnection(load: PlacedLoad, listener: FleetListener): Promise<FleetConnection> {
  const { queue, clock, version } = load
  const run = createRunIdentity()
  const text = signedTask(load.task, run)
  if (text.length > mostTaskBytes) {
    const reason = `The load is too large for a queue: ${formatBytes(text.length)} with its scenario and its body, and ${formatBytes(mostTaskBytes)} at most.`
    throw failure('usage-wrong', { reason })
  }
  const strangers = countStrangers(listener.onNote)
  let lost = false
  // In the order in which they were opened.
  const opened: (() => void | Promise<void>)[] = []
  const closeAll = async (): Promise<void> => {
    for (const close of opened.toReversed()) await within(queueGoneMs, Promise.resolve(close())).catch(() => {})
  }
  const connect = async () => {
    const client = await connectQueue(queue)
    opened.push(() => {
      if (client.isOpen) client.destroy()
    })
    return client
  }
  try {
    const writer = await connect()
    const reader = await connect()
    const expiration = { type: 'PX', value: load.waitMs + keysLiveMs } as const
    await writer.set(run.keys.task, text, { expiration })
    const orders = await openOrders(writer, run, listener.onLost)
    opened.push(() => orders.close())
    const { offsetMs } = await readClock(clock, () => serverTime(writer))
    const serverNow = (): number => clock.now() + offsetMs
    const news = readNews(reader, run, {
      onNews: listener.onNews,
      onStranger: () => strangers.add(),
      onRead: (upTo) => listener.onRead(upTo, serverNow() - upTo),
      serverNow,
    })
    opened.push(() => news.close())
    const parts = Array.from({ length: load.parts }, (_, index): { name: string; data: LoadPart } => {
      return { name: loadPartName, data: { version, run: run.id, key: run.key, part: { index, of: load.parts } } }
    })
    const work = await placeWork(queue, parts, (part, end) => listener.onWorkEnd(part, end, serverNow()))
    opened.push(() => work.close(lost))
    const seal = (): Promise<void> => {
      orders.expectSeal()
      return news.seal()
    }
    return {
      serverNow,
      send: (order) => orders.send(order),
      seal,
      async close(state) {
        lost = state === 'lost'
        if (lost) for (const client of [writer, reader]) client.destroy()
        if (state === 'unfinished') {
          await within(queueGoneMs, orders.send({ kind: 'stop' })).catch(() => {})
          await within(queueGoneMs, seal()).catch(() => {})
        }
        await closeAll()
        strangers.finish()
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}
