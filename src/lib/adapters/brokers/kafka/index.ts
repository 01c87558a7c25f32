import { Consumer as KafkaConsumer } from '@platformatic/kafka'
import { openCluster, untilReady, type KafkaCluster, type Topic } from './client.ts'
import { startConsumer } from './consumer.ts'
import { fetchMessages, beginningsOf, endsOf, unacknowledgedFrom } from './fetch.ts'
import { createPublisher, type Publisher } from './publish.ts'
import { checkName } from '../url.ts'
import type { Broker, Consumer, Message } from '../../../ports/broker.ts'
import { waitAtMost } from '../delivery.ts'

/** Requests without any message after which `read` gives up: each waits for a moment. */
const emptyAnswers = 40

/** Apache Kafka: acknowledged when all replicas that are in sync have it. Throws `broker-unreachable`. */
export async function openKafkaBroker(url: string): Promise<Broker> {
  const cluster = await openCluster(url)
  const publisher = createPublisher(cluster)
  const consumers = new Set<Consumer>()
  return {
    kind: 'kafka',
    url: cluster.url,
    publish: (topic, messages) => publish(cluster, publisher, topic, messages),
    async consume(consumption) {
      checkName('topic', consumption.topic)
      checkName('group', consumption.group)
      const consumer = await startConsumer(cluster, consumption)
      consumers.add(consumer)
      return consumer
    },
    backlog: (topic, group) => countBacklog(cluster, topic, group),
    read: (topic) => readTopic(cluster, topic),
    async [Symbol.asyncDispose]() {
      await Promise.all(Array.from(consumers, (consumer) => consumer.close()))
      await Promise.all([publisher.close(), waitAtMost(cluster.admin.close())])
    },
  }
}

async function publish(
  cluster: KafkaCluster,
  publisher: Publisher,
  topic: string,
  messages: readonly Message[],
): Promise<void> {
  checkName('topic', topic)
  try {
    await cluster.openTopic(topic)
    await publisher.publish(topic, messages)
  } catch (error) {
    cluster.forget(topic)
    throw cluster.translate(error, `a message for ${topic}`)
  }
}

async function countBacklog(cluster: KafkaCluster, name: string, group: string): Promise<number> {
  checkName('topic', name)
  checkName('group', group)
  try {
    const topic = await cluster.findTopic(name)
    if (!topic) return 0
    const partitions = indexesOf(topic)
    const from = await untilReady(() => unacknowledgedFrom(cluster, topic, group, partitions))
    const ends = await endsOf(cluster, topic, partitions)
    return partitions.reduce((sum, partition) => sum + Number(ends.get(partition)! - from.get(partition)!), 0)
  } catch (error) {
    cluster.forget(name)
    throw cluster.translate(error, `to count the messages of ${name}`)
  }
}

function indexesOf({ partitions }: Topic): number[] {
  return partitions.map(({ index }) => index)
}

async function* readTopic(cluster: KafkaCluster, name: string): AsyncGenerator<Message> {
  checkName('topic', name)
  try {
    const topic = await cluster.findTopic(name)
    if (topic) yield* readPartitions(cluster, topic)
  } catch (error) {
    cluster.forget(name)
    throw cluster.translate(error, `to read ${name}`)
  }
}

/** With a consumer that joins no group; the client wants a name for one all the same. */
async function* readPartitions(cluster: KafkaCluster, topic: Topic): AsyncGenerator<Message> {
  const consumer = new KafkaConsumer({ ...cluster.options, groupId: 'rushbench-read' })
  try {
    const ends = await endsOf(cluster, topic, indexesOf(topic))
    const positions = await beginningsOf(cluster, topic, indexesOf(topic))
    let empty = 0
    for (;;) {
      for (const [partition, position] of positions) {
        if (position >= ends.get(partition)!) positions.delete(partition)
      }
      if (positions.size === 0) return
      const fetched = await fetchMessages(consumer, topic, positions)
      for (const { partition, offset, message } of fetched) {
        if (offset < ends.get(partition)!) yield message
      }
      empty = fetched.length === 0 ? empty + 1 : 0
      if (empty > emptyAnswers) throw new Error('it did not send what it has')
    }
  } finally {
    await waitAtMost(consumer.close(true))
  }
}
