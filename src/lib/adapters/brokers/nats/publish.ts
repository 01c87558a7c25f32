import { JetStreamApiError, type ApiError } from '@nats-io/jetstream'
import { createInbox, type Msg } from '@nats-io/transport-node'
import { responseTimeoutMs, type Jet, headersOf } from './jet.ts'
import { onAbort } from '../../../base/abort.ts'
import type { Message } from '../../../ports/broker.ts'

/** Messages on their way to the server at a time, so that none is late for being behind too many others. */
const windowSize = 2000

/** Messages that are on their way together. */
interface Window {
  /** Notes the response to one of them: an error, or null. */
  settled(error: Error | null): void
}

/** Publishes to a subject that a stream keeps, and waits until all are stored. */
export type Publish = (topic: string, messages: readonly Message[]) => Promise<void>

/**
 * The client's own `publish` makes a promise, a timer and a random name for each message, and comes to a fifth of this
 * rate: here the responses to all messages come to one inbox, and are counted.
 */
export function openPublisher({ connection, link }: Jet): Publish {
  const inbox = createInbox()
  const windows = new Map<string, Window>()
  let opened = 0

  connection.subscribe(`${inbox}.*`, {
    callback(error, response) {
      const window = windows.get(response.subject)
      window?.settled(error ?? errorIn(response))
    },
  })

  async function send(topic: string, messages: readonly Message[]): Promise<void> {
    const signal = link()
    if (signal.aborted) throw new Error('the connection is lost')
    const reply = `${inbox}.${++opened}`
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let waiting = messages.length
    let failed: Error | null = null
    const silence = setTimeout(
      () => end(new Error(`no answer within ${responseTimeoutMs / 1000} s`)),
      responseTimeoutMs,
    )
    const off = onAbort(signal, () => end(new Error('the connection was lost')))

    function end(error: Error | null): void {
      windows.delete(reply)
      clearTimeout(silence)
      off()
      if (error) reject(error)
      else resolve()
    }

    windows.set(reply, {
      settled(error) {
        silence.refresh()
        failed ??= error
        // Also after a failure: whoever publishes them again must not overtake those that are on their way.
        if (--waiting === 0) end(failed)
      },
    })
    try {
      for (const { key, value } of messages) connection.publish(topic, value, { reply, ...headersOf(key) })
    } catch (error) {
      end(error as Error)
    }
    await promise
  }

  return async (topic, messages) => {
    for (let start = 0; start < messages.length; start += windowSize) {
      await send(topic, messages.slice(start, start + windowSize))
    }
  }
}

/** Why a message was not stored; null when it was. */
function errorIn(response: Msg): Error | null {
  if (response.headers?.code === 503) return new Error('no stream answers for it')
  const { error } = response.json<{ error?: ApiError }>()
  return error ? new JetStreamApiError(error) : null
}
