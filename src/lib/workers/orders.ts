import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf } from '../errors.ts'
import type { QueueClient } from './client.ts'
import { coordinatorGoneMs, heartbeatMs, keysLiveMs, queueGoneMs, type RunKeys } from './names.ts'

/** What the coordinator tells all workers of a run. */
export type Order =
  /** Begin at that moment of the server's clock, ms. */
  { readonly kind: 'run'; readonly at: number } | { readonly kind: 'stop' }

/** Enough for a worker that is slow to read. */
const keptOrders = 100

/** The coordinator's side. */
export interface OrderSender {
  send(order: Order): Promise<void>
  /** Gives no sign of life any more, and takes the orders from the server. */
  close(): Promise<void>
}

/** Opens the streams of a run, and gives a sign of life each second. `onLost` is told once why that is in vain. */
export async function openOrders(
  client: QueueClient,
  keys: RunKeys,
  onLost: (reason: string) => void,
): Promise<OrderSender> {
  const serverId = await serverIdOf(client)
  let reconnected = false
  client.on('ready', () => (reconnected = true))
  const add = (fields: Record<string, string>): Promise<unknown> =>
    client
      .multi()
      .xAdd(keys.orders, '*', fields, { TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold: keptOrders } })
      .pExpire(keys.orders, keysLiveMs)
      .exec()
  // The stream of news has to be there: a worker adds to none that is gone.
  await client.xAdd(keys.news, '*', { kind: 'open' })
  await client.pExpire(keys.news, keysLiveMs)
  await add({ kind: 'alive' })
  let closed = false
  let answeredAt = performance.now()

  /** Null while all is well. */
  async function beat(): Promise<string | null> {
    try {
      await within(queueGoneMs, add({ kind: 'alive' }))
      if ((await within(queueGoneMs, client.pExpire(keys.news, keysLiveMs))) !== 1)
        return 'it has lost what workers said'
      if (reconnected && (await within(queueGoneMs, serverIdOf(client))) !== serverId) return 'it was started again'
      reconnected = false
      answeredAt = performance.now()
      return null
    } catch (error) {
      return performance.now() - answeredAt < queueGoneMs ? null : reasonOf(error)
    }
  }

  async function keepBeating(): Promise<void> {
    for (;;) {
      await sleep(heartbeatMs)
      if (closed) return
      const lost = await beat()
      if (closed) return
      if (lost !== null) return onLost(lost)
    }
  }

  void keepBeating()
  return {
    async send({ kind, ...rest }) {
      if (!closed) await add({ kind, ...('at' in rest ? { at: String(rest.at) } : {}) })
    },
    async close() {
      closed = true
      // After all that was sent on this connection, signs of life among it.
      await client.del([keys.orders])
    },
  }
}

/** Another one each time that the server is started. */
async function serverIdOf(client: QueueClient): Promise<string> {
  return /^run_id:(\w+)/m.exec(await client.info('server'))?.[1] ?? ''
}

/** Rejects when `work` takes longer. A server that was stopped keeps its connections, and answers nothing. */
export async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const timeout = Promise.withResolvers<never>()
  const timer = setTimeout(() => timeout.reject(new Error(`no answer for ${ms / 1000} s`)), ms)
  try {
    return await Promise.race([work, timeout.promise])
  } finally {
    clearTimeout(timer)
    work.catch(() => {})
  }
}

/** Who follows orders. */
export interface OrderFollower {
  readonly onOrder: (order: Order) => void
  /** The coordinator, or the queue, gave no sign of life for too long. */
  readonly onGone: () => void
  /** Ends it. */
  readonly signal: AbortSignal
}

/** The worker's side: follows the orders of a run from the first on. `client` is used for nothing else. */
export function followOrders(client: QueueClient, keys: RunKeys, { onOrder, onGone, signal }: OrderFollower): void {
  let heardAt = performance.now()
  let last = '0'
  // On its own: a server that was stopped lets a reader wait for ever.
  const watch = setInterval(() => {
    if (performance.now() - heardAt < coordinatorGoneMs) return
    clearInterval(watch)
    if (!signal.aborted) onGone()
  }, heartbeatMs)
  signal.addEventListener('abort', () => clearInterval(watch))

  async function read(): Promise<void> {
    const found = await client.xRead({ key: keys.orders, id: last }, { BLOCK: heartbeatMs })
    for (const { id, message } of messagesOf(found)) {
      heardAt = performance.now()
      last = id
      const kind = String(message['kind'])
      if (kind === 'stop') onOrder({ kind })
      if (kind === 'run') onOrder({ kind, at: Number(message['at']) })
    }
  }

  async function follow(): Promise<void> {
    while (!signal.aborted) await read().catch(() => sleep(heartbeatMs / 4))
  }

  void follow()
}

/** An entry of a stream. */
export interface StreamMessage {
  readonly id: string
  readonly message: Readonly<Record<string, Buffer>>
}

/** What was read of one stream. */
export function messagesOf(found: unknown): StreamMessage[] {
  const streams = (found ?? []) as readonly {
    readonly messages: readonly { id: unknown; message: StreamMessage['message'] }[]
  }[]
  return streams.flatMap(({ messages }) => messages.map(({ id, message }) => ({ id: String(id), message })))
}
