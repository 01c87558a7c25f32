import { Consumer as KafkaConsumer } from '@platformatic/kafka'
import { ignoreFailure, pause } from '../../../base/abort.ts'
import { deliver, runConsumer, waitAtMost } from '../delivery.ts'
import { responseTimeoutMs, untilReady, type KafkaCluster, type Topic } from './client.ts'
import { fetchMessages, type PlacedMessage, type Positions, unacknowledgedFrom } from './fetch.ts'
import type { Consumer, Consumption } from '../../../ports/broker.ts'

/** After this long without a word from a member its partitions are given to others, ms. */
const sessionTimeoutMs = 10_000
const heartbeatMs = 500

/** How long the others wait for a member that is still handling what they may be given next, ms. */
const finishWithinMs = 7000

/** Past this, a member that could not join again by itself is made anew, ms. */
const rejoinWithinMs = 30_000

/** How often a member without partitions, or whose server is away, looks again, ms. */
const lookAgainMs = 100

/** A member's work between two rebalances of its group. */
interface Generation {
  readonly id: number
  /** Aborted when the group shares out anew. */
  readonly over: AbortController
  readonly positions: Positions
  /** Fetched, and not delivered yet. */
  readonly waiting: PlacedMessage[]
}

/**
 * Joins the group. The client's streams keep messages of partitions that were given to others meanwhile, and acknowledge
 * them too; here each sharing out begins with what was acknowledged, and the member leaves its partitions to others when
 * it has handled what it holds. Throws `broker-unreachable` and `broker-refused`.
 */
export async function startConsumer(cluster: KafkaCluster, consumption: Consumption): Promise<Consumer> {
  let member = await untilReady(() => join(cluster, consumption))
  const taking = {
    async take(stop: AbortSignal, isUp: () => void) {
      if (member.isLost()) {
        void member.leave()
        member = await join(cluster, consumption)
      }
      await member.takeAndHandle(stop)
      isUp()
    },
    translate(error: unknown) {
      cluster.forget(consumption.topic)
      return cluster.translate(error, `the group ${consumption.group}`)
    },
    tryAgainMs: lookAgainMs,
    leave: () => waitAtMost(member.leave()),
  }
  return runConsumer(taking, consumption.onError)
}

interface Member {
  takeAndHandle(stop: AbortSignal): Promise<void>
  /** Whether it will not come back to the group by itself. */
  isLost(): boolean
  leave(): Promise<void>
}

async function join(cluster: KafkaCluster, consumption: Consumption): Promise<Member> {
  const { topic: name, group } = consumption
  await cluster.openTopic(name)
  let busy: Promise<void> = Promise.resolve()
  const consumer = new KafkaConsumer({
    ...cluster.options,
    groupId: group,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: heartbeatMs,
    // To join may take as long as the others are waited for.
    requestTimeout: sessionTimeoutMs + responseTimeoutMs,
    protocols: [{ name: 'roundrobin', version: 1 }],
    // Asked for before it joins again, which is when its partitions may be given to others.
    async protocolsMetadata() {
      await waitAtMost(busy, finishWithinMs)
      return Buffer.alloc(0)
    },
  })
  let failed = false
  let generation: Generation | null = null
  let activeAt = performance.now()
  consumer.on('error', () => void (failed = true))
  consumer.on('consumer:group:join', () => generation?.over.abort())

  async function currentGeneration(topic: Topic): Promise<Generation | null> {
    if (!consumer.isActive()) return null
    activeAt = performance.now()
    const id = consumer.generationId
    if (generation?.id === id && !generation.over.signal.aborted) return generation
    const owned = consumer.assignments?.find((assignment) => assignment.topic === name)?.partitions ?? []
    const over = new AbortController()
    // Set before anything is awaited, so that it is over if the group shares out again meanwhile.
    generation = { id, over, positions: new Map(), waiting: [] }
    try {
      generation = { ...generation, positions: await unacknowledgedFrom(cluster, topic, group, owned) }
    } catch (error) {
      over.abort()
      throw error
    }
    return generation
  }

  async function handle(batch: readonly PlacedMessage[], { id, over }: Generation, stop: AbortSignal): Promise<void> {
    const messages = batch.map(({ message }) => message)
    const handled = await deliver(messages, consumption, AbortSignal.any([stop, over.signal]))
    if (handled && consumer.generationId === id) await consumer.commit({ offsets: offsetsAfter(name, batch) })
    // What nobody has handled, or nobody knows to be handled, is fetched again.
    else over.abort()
  }

  try {
    consumer.topics.track(name)
    await consumer.joinGroup()
  } catch (error) {
    void ignoreFailure(consumer.close(true))
    throw cluster.translate(error, `the group ${group}`)
  }
  return {
    isLost: () => failed || performance.now() - activeAt > rejoinWithinMs,
    leave: () => ignoreFailure(consumer.close(true)),
    async takeAndHandle(stop) {
      const topic = await cluster.openTopic(name)
      const current = await currentGeneration(topic)
      if (!current || current.positions.size === 0) {
        await pause(lookAgainMs, stop)
        return
      }
      if (current.waiting.length === 0) {
        current.waiting.push(...(await fetchMessages(consumer, topic, current.positions)))
      }
      // In the meantime it may have been told to leave its partitions to others.
      if (stop.aborted || current.over.signal.aborted || !consumer.isActive()) return
      const batch = current.waiting.splice(0, consumption.maxBatch)
      if (batch.length === 0) return
      const handling = handle(batch, current, stop)
      busy = ignoreFailure(handling)
      await handling.catch((error: unknown) => {
        current.over.abort()
        throw error
      })
      // It may have taken long, and says nothing about the group.
      activeAt = performance.now()
    },
  }
}

function offsetsAfter(topic: string, batch: readonly PlacedMessage[]) {
  const last = new Map(batch.map(({ partition, offset }) => [partition, offset]))
  return Array.from(last, ([partition, offset]) => ({ topic, partition, offset: offset + 1n, leaderEpoch: -1 }))
}
