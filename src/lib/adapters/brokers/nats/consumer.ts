import { type Msg, createInbox, nanos } from '@nats-io/transport-node'
import { deliver, runConsumer, waitAtMost } from '../delivery.ts'
import { type Jet, messageOf } from './jet.ts'
import type { Consumer, Consumption } from '../../../ports/broker.ts'
import { onAbort, pause } from '../../../base/abort.ts'

const acknowledged = Buffer.from('+ACK')
const givenBack = Buffer.from('-NAK')
const inProgress = Buffer.from('+WPI')

/** After this long without a word from the member that took it, a message is handed to another, ms. */
export const acknowledgeWithinMs = 5000

/** Before asking again a server that had no time for it, ms. */
const askAgainMs = 50

/** How often a server that is away is looked for, ms. */
const lookAgainMs = 250

/** The server's codes for no messages at the moment. */
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
  const { topic, group, maxBatch, onError } = consumption
  let stream: string | null = await open()
  const source = openSource(jet)
  const taking = {
    async take(stop: AbortSignal, isUp: () => void) {
      stream ??= await open()
      const askedAt = performance.now()
      const { messages, status } = await source.pull(stream, group, maxBatch, stop)
      if (messages.length > 0) {
        isUp()
        await handle(jet, messages, consumption, stop)
        return
      }
      if (nothingThere.has(status)) isUp()
      else {
        // The consumer or its stream is gone, or the server is.
        jet.forget(topic)
        stream = null
      }
      if (performance.now() - askedAt < askAgainMs) await pause(askAgainMs, stop)
    },
    translate: (error: unknown) => jet.translate(error, `the group ${group}`),
    tryAgainMs: lookAgainMs,
    async leave() {
      respond(await source.close(), givenBack)
      await waitAtMost(jet.connection.flush())
    },
  }
  return runConsumer(taking, onError)
}

async function handle(jet: Jet, taken: readonly Msg[], consumption: Consumption, stop: AbortSignal): Promise<void> {
  const stillHere = setInterval(() => {
    if (!jet.link().aborted) respond(taken, inProgress)
  }, acknowledgeWithinMs / 3)
  try {
    const handled = await deliver(taken.map(messageOf), consumption, stop)
    respond(taken, handled ? acknowledged : givenBack)
  } finally {
    clearInterval(stillHere)
  }
}

/** Responds to messages; while the server is away, once it is back. */
function respond(taken: readonly Msg[], word: Buffer): void {
  for (const message of taken) message.respond(word)
}

/** How long the server keeps a request while it has no messages, ms. */
const waitMs = 1000

/** After this long the request, or what ends it, was lost on the way, ms. */
const giveUpMs = 2 * waitMs

interface Pulled {
  readonly messages: Msg[]
  /** The server's code; 0 when it did not respond. */
  readonly status: number
}

/** Asks a durable consumer for messages. */
interface Source {
  /** Waits for the first message, and takes at most `count` that are there then. Nothing once it was told to stop. */
  pull(stream: string, group: string, count: number, stop: AbortSignal): Promise<Pulled>
  /** Ends, and returns the messages that arrived and were not pulled. */
  close(): Promise<Msg[]>
}

/**
 * The client's own `consume` asks for more ahead of what is being handled, and its `fetch` waits until a batch is full or
 * its time is over. What is asked for here is what can be handled now: nothing waits in a member's memory for its turn
 * while others are idle, and what was rejected is not overtaken.
 */
function openSource({ connection, client, link }: Jet): Source {
  const inbox = createInbox()
  let requests = 0
  let wanted = 0
  let taken: Msg[] = []
  let finish: (status: number) => void = () => {}

  const subscription = connection.subscribe(`${inbox}.*`, {
    callback(error, message) {
      if (error) return finish(0)
      // Messages come under the subject that they were published to.
      if (message.subject.startsWith(inbox)) {
        if (message.subject === `${inbox}.${requests}`) finish(message.headers?.code ?? 0)
        return
      }
      taken.push(message)
      if (taken.length >= wanted) finish(200)
    },
  })

  function request(stream: string, group: string, count: number, stop: AbortSignal): Promise<number> {
    return new Promise((resolve) => {
      const reasons = [stop, link()]
      if (reasons.some(({ aborted }) => aborted)) return resolve(0)
      const offs = reasons.map((reason) => onAbort(reason, () => finish(0)))
      const gaveUp = setTimeout(() => finish(0), giveUpMs)
      finish = (status) => {
        finish = () => {}
        clearTimeout(gaveUp)
        for (const off of offs) off()
        resolve(status)
      }
      requests++
      wanted = count
      connection.publish(
        `${client.apiPrefix}.CONSUMER.MSG.NEXT.${stream}.${group}`,
        // With both, the server waits for the first message and ends the request when there are no more.
        JSON.stringify({ batch: count, no_wait: true, expires: nanos(waitMs) }),
        { reply: `${inbox}.${requests}` },
      )
    })
  }

  return {
    async pull(stream, group, count, stop) {
      // Some may have come after their request was given up.
      const status = taken.length > 0 ? 200 : await request(stream, group, count, stop)
      return { messages: stop.aborted ? [] : taken.splice(0, count), status }
    },
    async close() {
      // Until the server has confirmed it, messages may still arrive.
      await waitAtMost(subscription.drain())
      return taken.splice(0)
    },
  }
}
