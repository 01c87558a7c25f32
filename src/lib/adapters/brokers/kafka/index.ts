import { Consumer as KafkaConsumer } from '@platformatic/kafka'
import { openCluster, untilReady, type KafkaCluster, type Topic } from './client.ts'
import { startConsumer } from './consumer.ts'
import { fetchMessages, beginningsOf, endsOf, unacknowledgedFrom } from './fetch.ts'
import { createPublisher } from './publish.ts'
import type { BrokerDriver } from '../broker.ts'
import type { Message } from '../../../ports/broker.ts'
import { waitAtMost } from '../delivery.ts'

/** Requests without any message after which `read` gives up: each waits for a moment. */
const maxEmptyResponses = 40

/** Apache Kafka: acknowledged when all replicas that are in sync have it. Throws `broker-unreachable`. */
export async function openKafkaDriver(url: string): Promise<BrokerDriver> {
  const cluster = await openCluster(url)
  const publisher = createPublisher(cluster)
  return {
    kind: 'kafka',
    url: cluster.url,
    async publish(topic, messages) {
      await cluster.openTopic(topic)
      await publisher.publish(topic, messages)
    },
    consume: (consumption) => startConsumer(cluster, consumption),
    backlog: (topic, group) => countBacklog(cluster, topic, group),
    async *read(name) {
      const topic = await cluster.findTopic(name)
      if (topic) yield* readPartitions(cluster, topic)
    },
    translate: cluster.translate,
    forget: cluster.forget,
    async close() {
      await Promise.all([publisher.close(), waitAtMost(cluster.admin.close())])
    },
  }
}

async function countBacklog(cluster: KafkaCluster, name: string, group: string): Promise<number> {
  const topic = await cluster.findTopic(name)
  if (!topic) return 0
  const partitions = indexesOf(topic)
  const from = await untilReady(() => unacknowledgedFrom(cluster, topic, group, partitions))
  const ends = await endsOf(cluster, topic, partitions)
  return partitions.reduce((sum, partition) => sum + Number(ends.get(partition)! - from.get(partition)!), 0)
}

function indexesOf({ partitions }: Topic): number[] {
  return partitions.map(({ index }) => index)
}

/** With a consumer that joins no group; the client wants a name for one all the same. */
async function* readPartitions(cluster: KafkaCluster, topic: Topic): AsyncGenerator<readonly Message[]> {
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
      yield fetched.filter(({ partition, offset }) => offset < ends.get(partition)!).map(({ message }) => message)
      empty = fetched.length === 0 ? empty + 1 : 0
      if (empty > maxEmptyResponses) throw new Error('it did not send what it has')
    }
  } finally {
    await waitAtMost(consumer.close(true))
  }
}
