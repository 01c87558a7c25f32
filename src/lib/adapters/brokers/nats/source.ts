import { createInbox, nanos, type Msg } from '@nats-io/transport-node'
import type { Jet } from './jet.ts'
import { waitAtMost } from '../wait.ts'

/** How long the server keeps a request while it has no messages, ms. */
const waitMs = 1000

/** After this long the request, or what ends it, was lost on the way, ms. */
const giveUpMs = 2 * waitMs

/** What a request for messages came to. */
interface Pulled {
  readonly messages: Msg[]
  /** The server's code; 0 when it did not answer. */
  readonly status: number
}

/** Asks a durable consumer for messages. */
interface Source {
  /** Waits for the first message, and takes at most `count` that are there then. Nothing once it was told to stop. */
  pull(stream: string, group: string, count: number): Promise<Pulled>
  /** What arrived and was not pulled. */
  close(): Promise<Msg[]>
}

/**
 * The client's own `consume` asks for more ahead of what is being handled, and its `fetch` waits until a batch is full or
 * its time is over. What is asked for here is what can be handled now: nothing waits in a member's memory for its turn
 * while others are idle, and what was rejected is not overtaken.
 */
export function openSource({ connection, client, link }: Jet, stop: AbortSignal): Source {
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

  function request(stream: string, group: string, count: number): Promise<number> {
    return new Promise((resolve) => {
      const gaveUp = setTimeout(() => finish(0), giveUpMs)
      const reasons = [stop, link()]
      const cutOff = () => finish(0)
      for (const reason of reasons) reason.addEventListener('abort', cutOff)
      finish = (status) => {
        finish = () => {}
        clearTimeout(gaveUp)
        for (const reason of reasons) reason.removeEventListener('abort', cutOff)
        resolve(status)
      }
      if (reasons.some(({ aborted }) => aborted)) return finish(0)
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
    async pull(stream, group, count) {
      // Some may have come after their request was given up.
      const status = taken.length > 0 ? 200 : await request(stream, group, count)
      return { messages: stop.aborted ? [] : taken.splice(0, count), status }
    },
    async close() {
      // Until the server has confirmed it, messages may still arrive.
      await waitAtMost(subscription.drain())
      return taken.splice(0)
    },
  }
}
