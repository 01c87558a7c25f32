import { ListOffsetTimestamps } from '@platformatic/kafka'
import type { KafkaCluster, Topic } from './client.ts'
import type { Positions } from './fetch.ts'

/** From where a group has yet to acknowledge, in these partitions: their beginning where it never was. */
export async function unacknowledgedFrom(
  cluster: KafkaCluster,
  topic: Topic,
  group: string,
  partitions: readonly number[],
): Promise<Positions> {
  const beginnings = await beginningsOf(cluster, topic, partitions)
  if (partitions.length === 0) return beginnings
  const groups = await cluster.admin.listConsumerGroupOffsets({
    groups: [{ groupId: group, topics: [{ name: topic.name, partitionIndexes: [...partitions] }] }],
  })
  for (const { partitionIndex, committedOffset } of groups.flatMap(({ topics }) => topics)[0]?.partitions ?? []) {
    // What was not acknowledged for long may have been deleted.
    if (committedOffset > (beginnings.get(partitionIndex) ?? 0n)) beginnings.set(partitionIndex, committedOffset)
  }
  return beginnings
}

/** The offset of the first message of each partition that is kept. */
export function beginningsOf(cluster: KafkaCluster, topic: Topic, partitions: readonly number[]): Promise<Positions> {
  return listOffsets(cluster, topic, partitions, ListOffsetTimestamps.EARLIEST)
}

/** The offset behind the last message of each partition. */
export function endsOf(cluster: KafkaCluster, topic: Topic, partitions: readonly number[]): Promise<Positions> {
  return listOffsets(cluster, topic, partitions, ListOffsetTimestamps.LATEST)
}

async function listOffsets(
  { admin }: KafkaCluster,
  { name }: Topic,
  partitions: readonly number[],
  timestamp: bigint,
): Promise<Positions> {
  if (partitions.length === 0) return new Map()
  const listed = await admin.listOffsets({
    topics: [{ name, partitions: partitions.map((partitionIndex) => ({ partitionIndex, timestamp })) }],
  })
  return new Map(
    listed.flatMap((topic) => topic.partitions.map(({ partitionIndex, offset }) => [partitionIndex, offset])),
  )
}
