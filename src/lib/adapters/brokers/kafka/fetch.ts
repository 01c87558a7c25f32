import type { Consumer, RecordsBatch } from '@platformatic/kafka'
import type { Topic } from './client.ts'
import type { Message } from '../../../ports/broker.ts'

/** How long the server waits for the first message, ms, and what it sends at most, bytes. */
const waitMs = 250
const maxBytes = 4_194_304
const maxBytesPerPartition = 1_048_576

/** Bits of a batch's attributes: it marks the end of a transaction, and has no messages. */
const control = 1 << 5

/** The next offset of each partition. */
export type Positions = Map<number, bigint>

/** A message and where it is. */
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
  const answers = await Promise.all(Array.from(leaders, (leader) => askLeader(consumer, topic, positions, leader)))
  return answers.flatMap(({ responses }) =>
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
