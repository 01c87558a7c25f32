import { Queue, QueueEvents } from 'bullmq'
import { connectPlain } from './client.ts'
import { keyPrefix } from './names.ts'

/** A queue of BullMQ's, and what it tells of its jobs. */
export interface OpenedQueue {
  readonly client: Awaited<ReturnType<typeof connectPlain>>
  readonly queue: Queue
  readonly events: QueueEvents
  /** Options of its workers. */
  readonly options: ReturnType<typeof optionsOf>
  /**
   * Takes jobs back by `takeBack`, then closes it, and `others` that use its connection. Nothing is asked of a server that
   * is away, or of a queue that `isLost`: nobody would answer.
   */
  close(
    takeBack: () => Promise<unknown>,
    others?: readonly { close(force: boolean): Promise<void> }[],
    isLost?: boolean,
  ): Promise<void>
}

const optionsOf = (client: OpenedQueue['client']) => ({ connection: client, prefix: keyPrefix })

/** Opens the queue `name`; `sinceOf` says since which moment its events are told, ms since 1970. Throws `queue-unreachable`. */
export async function openQueue(
  url: string,
  name: string,
  sinceOf: (client: OpenedQueue['client']) => Promise<number>,
): Promise<OpenedQueue> {
  const client = await connectPlain(url)
  const options = optionsOf(client)
  const queue = new Queue(name, options)
  const events = new QueueEvents(name, { ...options, lastEventId: `${await sinceOf(client)}-0` })
  for (const part of [queue, events]) ignoreErrors(part)
  return {
    client,
    queue,
    events,
    options,
    async close(takeBack, others = [], isLost = false) {
      if (isLost || !client.isReady) client.destroy()
      else await takeBack()
      const closing = Promise.allSettled([events.close(), ...others.map((one) => one.close(true)), queue.close()])
      if (client.isReady) await closing
      if (client.isOpen) client.destroy()
    },
  }
}

/** Ignores that the server is away: signs of life, or those who read telemetry, find it out and say so. */
export function ignoreErrors(part: { on(event: 'error', listener: () => void): unknown }): void {
  part.on('error', () => {})
}
