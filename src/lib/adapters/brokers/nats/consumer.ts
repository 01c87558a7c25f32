import type { Msg } from '@nats-io/transport-node'
import { handOver, pause } from '../hand-over.ts'
import type { Jet } from './jet.ts'
import { messageOf } from './message.ts'
import { openSource } from './source.ts'
import { watchOutage } from '../outage.ts'
import type { Consumer, Consumption } from '../../../ports/broker.ts'
import { waitAtMost } from '../wait.ts'

const acknowledged = Buffer.from('+ACK')
const givenBack = Buffer.from('-NAK')
const inProgress = Buffer.from('+WPI')

/** After this long without a word from the member that took it, a message is handed to another, ms. */
export const acknowledgeWithinMs = 5000

/** Before asking again a server that had no time for it, ms. */
const askAgainMs = 50

/** How often a server that is away is looked for, ms. */
const lookAgainMs = 250

/** What the server says when it has no messages at the moment. */
const nothingThere = new Set([404, 408])

/**
 * Begins to take what the group has; `open` makes sure that there is one, and tells its stream. Throws
 * `broker-unreachable` and `broker-refused`.
 */
export async function startConsumer(
  jet: Jet,
  consumption: Consumption,
  open: () => Promise<string>,
): Promise<Consumer> {
  const { topic, group, maxBatch } = consumption
  const outage = watchOutage(consumption.onError)
  const stop = new AbortController()
  let stream: string | null = await open()
  const source = openSource(jet, stop.signal)

  async function takeAndHandle(): Promise<void> {
    stream ??= await open()
    const askedAt = performance.now()
    const { messages, status } = await source.pull(stream, group, maxBatch)
    if (messages.length > 0) {
      outage.over()
      await handle(jet, messages, consumption, stop.signal)
      return
    }
    if (nothingThere.has(status)) outage.over()
    else {
      // The consumer or its stream is gone, or the server is.
      jet.forget(topic)
      stream = null
    }
    if (performance.now() - askedAt < askAgainMs) await pause(askAgainMs, stop.signal)
  }

  async function work(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await takeAndHandle()
      } catch (error) {
        outage.failed(jet.translate(error, `the group ${group}`))
        await pause(lookAgainMs, stop.signal)
      }
    }
    answer(await source.close(), givenBack)
    await waitAtMost(jet.connection.flush())
  }

  const ended = work()
  return {
    async close() {
      stop.abort()
      await ended
    },
  }
}

async function handle(jet: Jet, taken: readonly Msg[], consumption: Consumption, stop: AbortSignal): Promise<void> {
  const stillHere = setInterval(() => {
    if (!jet.link().aborted) answer(taken, inProgress)
  }, acknowledgeWithinMs / 3)
  try {
    const handled = await handOver(taken.map(messageOf), consumption, stop)
    answer(taken, handled ? acknowledged : givenBack)
  } finally {
    clearInterval(stillHere)
  }
}

/** What is answered while the server is away is sent when it is back. */
function answer(taken: readonly Msg[], word: Buffer): void {
  for (const message of taken) message.respond(word)
}
