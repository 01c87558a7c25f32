import { failure, type RushbenchError } from '../../base/errors/errors.ts'
import type { Broker, Consumer, Consumption, Message } from '../../ports/broker.ts'

/** The part of a broker in which engines differ. Names are good when they come here, and errors may be the client's. */
export interface BrokerDriver extends Pick<Broker, 'kind' | 'url' | 'publish' | 'consume' | 'backlog'> {
  /** As `Broker.read`, several messages at a time. */
  read(topic: string): AsyncIterable<readonly Message[]>
  /** An error of the client as one of ours; `what` is what the server may have refused. */
  translate(error: unknown, what: string): RushbenchError
  /** Forgets what is known of a topic: something went wrong with it. */
  forget?(topic: string): void
  close(): Promise<void>
}

export function createBroker(driver: BrokerDriver): Broker {
  const consumers = new Set<Consumer>()

  function refuse(error: unknown, topic: string, what: string): RushbenchError {
    driver.forget?.(topic)
    return driver.translate(error, what)
  }

  return {
    kind: driver.kind,
    url: driver.url,
    async publish(topic, messages) {
      checkName('topic', topic)
      await driver.publish(topic, messages).catch((error: unknown) => {
        throw refuse(error, topic, `a message for ${topic}`)
      })
    },
    async consume(consumption: Consumption) {
      const { topic, group } = consumption
      checkNames(topic, group)
      const consumer = await driver.consume(consumption).catch((error: unknown) => {
        throw driver.translate(error, `the group ${group}`)
      })
      consumers.add(consumer)
      return consumer
    },
    async backlog(topic, group) {
      checkNames(topic, group)
      return driver.backlog(topic, group).catch((error: unknown) => {
        throw refuse(error, topic, `to count the messages of ${topic}`)
      })
    },
    async *read(topic) {
      checkName('topic', topic)
      try {
        for await (const messages of driver.read(topic)) yield* messages
      } catch (error) {
        throw refuse(error, topic, `to read ${topic}`)
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(Array.from(consumers, (consumer) => consumer.close()))
      await driver.close()
    },
  }
}

/** Names that NATS and Kafka both take for a stream, a durable consumer, a topic and a group, and that neither reserves. */
const allowed = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/

/** Throws `broker-name-invalid` for a name that not every broker could have. */
function checkName(what: 'topic' | 'group', name: string): void {
  if (!allowed.test(name)) throw failure('broker-name-invalid', { what, name })
}

function checkNames(topic: string, group: string): void {
  checkName('topic', topic)
  checkName('group', group)
}
