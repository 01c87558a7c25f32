import { setTimeout as sleep } from 'node:timers/promises'
import type { QueueClient } from './client.ts'
import { messagesOf, type StreamMessage } from './orders.ts'
import type { RunKeys } from './names.ts'

/** What a worker says of its part. */
export interface News {
  /** Its part, from 0. */
  readonly part: number
  readonly kind: string
  readonly data: Buffer
}

/** Messages that wait for the coordinator, at most: what workers say must not fill the server's memory. */
const mostWaiting = 20_000

/** A worker's way to the coordinator. */
export interface NewsSender {
  /** Resolves once the server has it. Rejects when the run is over, or the way was closed. */
  send(kind: string, data?: Buffer): Promise<void>
  /** What is not sent yet is given up. */
  close(): void
}

interface Unsent {
  readonly fields: Record<string, string | Buffer>
  readonly sent: PromiseWithResolvers<void>
}

/** The stream is gone. */
class RunOver extends Error {}

/**
 * Sends news in the order in which they come, those that come while others are on their way together. Messages are
 * numbered, so that one which was sent again because its answer was lost counts once.
 */
export function openNews(client: QueueClient, keys: RunKeys, part: number): NewsSender {
  let waiting: Unsent[] = []
  let number = 0
  let closed: Error | null = null
  // A server that was stopped answers nothing, and nobody waits for it once this is closed.
  const closing = Promise.withResolvers<void>()
  let working = false

  async function sendAll(batch: readonly Unsent[]): Promise<void> {
    const multi = client.multi()
    for (const { fields } of batch) multi.xAddNoMkStream(keys.news, '*', fields)
    const replies: unknown[] = await multi.xLen(keys.news).exec()
    if (replies.slice(0, -1).includes(null)) throw new RunOver('the run is over')
    if (Number(replies.at(-1)) > mostWaiting)
      throw new RunOver(`the coordinator has ${mostWaiting} messages left to read`)
  }

  async function work(): Promise<void> {
    working = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      while (!closed) {
        try {
          const sending = sendAll(batch)
          sending.catch(() => {})
          await Promise.race([sending, closing.promise])
          break
        } catch (error) {
          if (error instanceof RunOver) closed = error
          else await sleep(100)
        }
      }
      for (const { sent } of batch)
        if (closed) sent.reject(closed)
        else sent.resolve()
    }
    working = false
  }

  return {
    send(kind, data = Buffer.alloc(0)) {
      const sent = Promise.withResolvers<void>()
      waiting.push({ fields: { part: String(part), number: String(++number), kind, data }, sent })
      if (!working) void work()
      return sent.promise
    },
    close() {
      closed ??= new RunOver('the way to the coordinator was closed')
      closing.resolve()
    },
  }
}

/** What the coordinator does with news. */
export interface NewsReader {
  /** Called with each message once, in the order in which the server got them. What it returns is waited for. */
  readonly onNews: (news: News) => Promise<void>
  /** All that was said before `upTo`, on the server's clock, ms, has been read. */
  readonly onRead: (upTo: number) => void
  /** The server's time, ms. */
  readonly serverNow: () => number
}

/** The coordinator's side. */
export interface OpenedNews {
  /** Reads what is left and deletes all keys of the run, in one step: nobody can add to it after that. */
  seal(): Promise<void>
  /** Reads no more. */
  close(): void
}

const mostAtOnce = 500
const waitMs = 200

/** Reads the news of all workers until it is sealed or closed. `client` is used for nothing else. */
export function readNews(client: QueueClient, keys: RunKeys, { onNews, onRead, serverNow }: NewsReader): OpenedNews {
  const numbers = new Map<number, number>()
  let last = '0'
  let closed = false

  async function take(messages: readonly StreamMessage[]): Promise<void> {
    const done: Promise<void>[] = []
    for (const { id, message } of messages) {
      last = id
      const news = parse(message)
      if (!news || news.number <= (numbers.get(news.part) ?? 0)) continue
      numbers.set(news.part, news.number)
      done.push(onNews(news))
    }
    await Promise.all(done)
  }

  async function read(): Promise<void> {
    const askedAt = serverNow()
    const messages = messagesOf(await client.xRead({ key: keys.news, id: last }, { BLOCK: waitMs, COUNT: mostAtOnce }))
    await take(messages)
    onRead(messages.length === 0 ? askedAt : Number(last.split('-')[0]))
    if (messages.length === 0) return
    await client.xTrim(keys.news, 'MINID', afterLast(last))
  }

  async function readAll(): Promise<void> {
    while (!closed) await read().catch(() => sleep(waitMs))
  }

  const reading = readAll()
  return {
    async seal() {
      closed = true
      await reading
      const askedAt = serverNow()
      const replies = await client
        .multi()
        .xRange(keys.news, `(${last}`, '+')
        .del([keys.news, keys.orders, keys.task])
        .exec()
      await take(messagesOf([{ messages: replies[0] }]))
      onRead(askedAt)
    },
    close: () => void (closed = true),
  }
}

function afterLast(id: string): string {
  const [ms, sequence] = id.split('-')
  return `${ms}-${Number(sequence) + 1}`
}

/** Null for what no worker has sent. */
function parse(message: StreamMessage['message']): (News & { readonly number: number }) | null {
  const { part, number, kind, data } = message
  if (!part || !number || !kind || !data) return null
  const parsed = { part: Number(part), number: Number(number), kind: String(kind), data }
  return Number.isSafeInteger(parsed.part) && Number.isSafeInteger(parsed.number) ? parsed : null
}
