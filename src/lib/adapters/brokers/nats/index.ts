import { AckPolicy, JetStreamApiError, type Consumer as StreamConsumer, type ConsumerInfo } from '@nats-io/jetstream'
import { InvalidArgumentError, nanos } from '@nats-io/transport-node'
import { ignoreFailure } from '../../../base/abort.ts'
import type { BrokerDriver } from '../broker.ts'
import { acknowledgeWithinMs, startConsumer } from './consumer.ts'
import { responseTimeoutMs, openJet, type Jet, messageOf } from './jet.ts'
import { openPublisher } from './publish.ts'
import type { Message } from '../../../ports/broker.ts'

/** Messages asked for at a time by `read`. */
const readPage = 1000

/** Messages that all members of a group together may hold. */
const maxUnacknowledged = 20_000

/**
 * NATS JetStream: a topic is a subject that a stream keeps in files, a group is a durable pull consumer. Throws
 * `broker-unreachable`.
 */
export async function openNatsDriver(url: string): Promise<BrokerDriver> {
  const jet = await openJet(url)
  const send = openPublisher(jet)
  return {
    kind: 'nats',
    url: jet.url,
    async publish(topic, messages) {
      await jet.streamOf(topic)
      await send(topic, messages)
    },
    consume: (consumption) =>
      startConsumer(jet, consumption, () => openGroup(jet, consumption.topic, consumption.group)),
    backlog: (topic, group) => countBacklog(jet, topic, group),
    read: (topic) => readTopic(jet, topic),
    translate: jet.translate,
    // Where nobody keeps the subject any more, the next message makes its stream anew.
    forget: jet.forget,
    close: () => jet.connection.close(),
  }
}

/** The stream of the group's durable consumer: of the one that is there, else of a new one from the first message on. */
async function openGroup(jet: Jet, topic: string, group: string): Promise<string> {
  const stream = await jet.streamOf(topic)
  const { config } = (await findGroup(jet, stream, group)) ?? (await makeGroup(jet, stream, topic, group))
  if ((config.filter_subject ?? topic) !== topic || config.deliver_subject !== undefined) {
    throw InvalidArgumentError.format('group', 'is the name of a consumer that takes something else')
  }
  return stream
}

function makeGroup(jet: Jet, stream: string, topic: string, group: string): Promise<ConsumerInfo> {
  return jet.manager.consumers.add(stream, {
    durable_name: group,
    filter_subject: topic,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(acknowledgeWithinMs),
    max_deliver: -1,
    max_ack_pending: maxUnacknowledged,
  })
}

async function findGroup(jet: Jet, stream: string, group: string): Promise<ConsumerInfo | null> {
  try {
    return await jet.manager.consumers.info(stream, group)
  } catch (error) {
    if (error instanceof JetStreamApiError && error.status === 404) return null
    throw error
  }
}

async function countBacklog(jet: Jet, topic: string, group: string): Promise<number> {
  const stream = await jet.findStream(topic)
  if (stream === null) return 0
  const found = await findGroup(jet, stream, group)
  if (found) return found.num_pending + found.num_ack_pending
  const { state } = await jet.manager.streams.info(stream, { subjects_filter: topic })
  return state.subjects?.[topic] ?? 0
}

/** Through a consumer of its own, which nobody acknowledges and which is gone afterwards. */
async function* readTopic(jet: Jet, topic: string): AsyncGenerator<readonly Message[]> {
  const stream = await jet.findStream(topic)
  if (stream === null) return
  const info = await jet.manager.consumers.add(stream, {
    filter_subject: topic,
    ack_policy: AckPolicy.None,
    inactive_threshold: nanos(60_000),
    mem_storage: true,
  })
  const consumer = jet.client.consumers.getConsumerFromInfo(info)
  try {
    yield* readPages(consumer, info.num_pending)
  } finally {
    await ignoreFailure(consumer.delete())
  }
}

async function* readPages(consumer: StreamConsumer, count: number): AsyncGenerator<readonly Message[]> {
  let read = 0
  while (read < count) {
    const before = read
    const page = await consumer.fetch({ max_messages: Math.min(readPage, count - read), expires: responseTimeoutMs })
    for await (const message of page) {
      read++
      // After a lost connection the server goes on behind what was on its way.
      if (message.info.deliverySequence !== read) throw new Error('some messages were lost on their way')
      yield [messageOf(message)]
      // The stream's limits may have taken away some of those that were there at the beginning.
      if (message.info.pending === 0) return
    }
    if (read === before) throw new Error(`no answer within ${responseTimeoutMs / 1000} s`)
  }
}
