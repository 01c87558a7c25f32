import { ProduceAcks, Producer } from '@platformatic/kafka'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaCluster } from './client.ts'
import type { Message } from '../../../ports/broker.ts'
import { waitAtMost } from '../delivery.ts'

/** Size of a send, bytes: a server takes a million in a batch, unless it was told otherwise. */
const sendBytes = 500_000

/** Bytes of a message beside its key and value, about. */
const overheadBytes = 20

/** How long what is sent at once may take, ms: the client by itself tries for minutes when the server hangs. */
const storedWithinMs = 10_000

/** Publishes to the topics of a cluster, and resolves when all replicas that are in sync have it. */
export interface Publisher {
  publish(topic: string, messages: readonly Message[]): Promise<void>
  close(): Promise<void>
}

/** Connects when it is first needed. */
export function createPublisher(cluster: KafkaCluster): Publisher {
  let producer = createProducer(cluster)

  async function send(topic: string, messages: readonly Message[]): Promise<void> {
    const current = producer
    const sending = current.send({
      messages: messages.map(({ key, value }) => ({ topic, key: Buffer.from(key), value })),
    })
    const waited = new AbortController()
    const late = sleep(storedWithinMs, 'late' as const, { signal: waited.signal }).catch(() => 'late' as const)
    const ended = await Promise.race([sending, late]).finally(() => waited.abort())
    if (ended !== 'late') return
    // What it has not sent yet is not to be sent after what is published in its place.
    if (producer === current) producer = createProducer(cluster)
    void Promise.allSettled([sending, current.close()])
    throw new Error(`no answer within ${storedWithinMs / 1000} s`)
  }

  return {
    async publish(topic, messages) {
      for (const part of partsOf(messages)) await send(topic, part)
    },
    close: () => waitAtMost(producer.close()),
  }
}

/** Idempotent: the server knows again what the client sends twice, as it does to the partitions of a new topic. */
function createProducer({ options }: KafkaCluster): Producer {
  return new Producer({ ...options, acks: ProduceAcks.ALL, idempotent: true, autocreateTopics: false })
}

/** Cuts them into parts that a server takes at once. */
function* partsOf(messages: readonly Message[]): Generator<readonly Message[]> {
  let start = 0
  let bytes = 0
  for (const [index, { key, value }] of messages.entries()) {
    const size = Buffer.byteLength(key) + value.length + overheadBytes
    if (bytes + size > sendBytes && index > start) {
      yield messages.slice(start, index)
      start = index
      bytes = 0
    }
    bytes += size
  }
  if (start < messages.length) yield messages.slice(start)
}
