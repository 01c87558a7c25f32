import { type Consumer, type RecordsBatch, ListOffsetTimestamps } from '@platformatic/kafka'
import type { Topic, KafkaCluster } from './client.ts'
import type { Message } from '../../../ports/broker.ts'

/** How long the server waits for the first message, ms, and what it sends at most, bytes. */
const waitMs = 250
const maxBytes = 4_194_304
const maxBytesPerPartition = 1_048_576

/** Bits of a batch's attributes: it marks the end of a transaction, and has no messages. */
const control = 1 << 5

/** The next offset of each partition. */
export type Positions = Map<number, bigint>

export interface PlacedMessage {
  readonly message: Message
  readonly partition: number
  readonly offset: bigint
}

/** Reads from `positions` on, and moves them. Nothing, after a moment, where there is nothing. */
export async function fetchMessages(
  consumer: Consumer,
  topic: Topic,
  positions: Positions,
): Promise<readonly PlacedMessage[]> {
  const leaders = new Set(topic.partitions.filter(({ index }) => positions.has(index)).map(({ leader }) => leader))
  const fetched = await Promise.all(Array.from(leaders, (leader) => askLeader(consumer, topic, positions, leader)))
  return fetched.flatMap(({ responses }) =>
    responses.flatMap(({ partitions }) =>
      partitions.flatMap(({ partitionIndex, records }) => readBatches(partitionIndex, records ?? [], positions)),
    ),
  )
}

function askLeader(consumer: Consumer, { id, partitions }: Topic, positions: Positions, leader: number) {
  return consumer.fetch({
    node: leader,
    maxWaitTime: waitMs,
    minBytes: 1,
    maxBytes,
    topics: [
      {
        topicId: id,
        partitions: partitions
          .filter(({ index, leader: its }) => its === leader && positions.has(index))
          .map(({ index }) => ({
            partition: index,
            fetchOffset: positions.get(index)!,
            currentLeaderEpoch: -1,
            lastFetchedEpoch: -1,
            partitionMaxBytes: maxBytesPerPartition,
          })),
      },
    ],
  })
}

function readBatches(partition: number, batches: readonly RecordsBatch[], positions: Positions): PlacedMessage[] {
  const read: PlacedMessage[] = []
  for (const { firstOffset, lastOffsetDelta, attributes, records } of batches) {
    const position = positions.get(partition)
    // Nobody asked for it any more.
    if (position === undefined) return []
    const isControl = (attributes & control) !== 0
    for (const { offsetDelta, key, value } of isControl ? [] : records) {
      const offset = firstOffset + BigInt(offsetDelta)
      // A batch is sent whole, also where one asks for its middle.
      if (offset < position) continue
      read.push({ partition, offset, message: { key: key?.toString() ?? '', value: value ?? Buffer.alloc(0) } })
    }
    const next = firstOffset + BigInt(lastOffsetDelta) + 1n
    if (next > position) positions.set(partition, next)
  }
  return read
}

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
