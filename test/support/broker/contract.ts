import { randomUUID } from 'node:crypto'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Broker, Consumer, Message } from '../../../src/lib/ports/broker.ts'
import { openBroker } from '../../../src/lib/adapters/brokers/registry.ts'
import { forkMember } from './fork-member.ts'
import { message, readAll, startRecording, textOf, valuesByKey, waitUntil } from './recording.ts'

/** A broker that the contract holds for. */
export interface BrokerUnderTest {
  readonly kind: string
  readonly url: string
  /** Nothing answers here; the password in it is `secret` where the broker has one. */
  readonly unreachable: string
  /** Whether the members of a group share the messages of one key. */
  readonly sharesKeys: boolean
  removeTopics(topics: readonly string[]): Promise<void>
}

/** Contract of every broker, on a topic of its own each time. */
export function describeBroker({ kind, url, unreachable, sharesKeys, removeTopics }: BrokerUnderTest): void {
  describe(`the ${kind} broker`, () => {
    const topics: string[] = []
    const newTopic = (): string => {
      const topic = `rushbench-test-${randomUUID()}`
      topics.push(topic)
      return topic
    }
    afterAll(() => removeTopics(topics))

    it('reads back what was published, byte for byte', async () => {
      await using broker = await openBroker(url)
      const topic = newTopic()
      const values = [
        Buffer.alloc(0),
        Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
        Buffer.alloc(2e5, 7),
      ]
      const keys = ['', 'a key', ' \r\n:%', 'größe 🚀', 'k'.repeat(1000)]
      const messages = keys.flatMap((key) => values.map((value) => ({ key, value })))
      await broker.publish(topic, messages)
      expect(valuesByKey(await readAll(broker, topic))).toEqual(valuesByKey(messages))
      expect(broker.kind).toBe(kind)
    })

    it('reads back whatever is published, in the order of each key', { timeout: 120_000 }, async () => {
      await using broker = await openBroker(url)
      const topic = newTopic()
      const key = fc.oneof(fc.constantFrom('a', 'b', ''), fc.string({ unit: 'binary' }))
      const value = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
      const calls = fc.array(fc.array(fc.record({ key, value }), { maxLength: 30 }), { maxLength: 4 })
      // One topic for all runs: what it holds is what was published so far.
      const published: Message[] = []
      await fc.assert(
        fc.asyncProperty(calls, async (batches) => {
          for (const batch of batches) await broker.publish(topic, batch)
          published.push(...batches.flat())
          expect(valuesByKey(await readAll(broker, topic))).toEqual(valuesByKey(published))
        }),
        // A run that failed has been published too: it cannot be shrunk.
        { numRuns: 20, endOnFailure: true },
      )
    })

    it('has nothing in a topic that is not there', async () => {
      await using broker = await openBroker(url)
      const topic = newTopic()
      expect(await readAll(broker, topic)).toEqual([])
      expect(await broker.backlog(topic, 'group')).toBe(0)
      await broker.publish(topic, [])
      expect(await readAll(broker, topic)).toEqual([])
    })

    it('hands the messages of a key to a member alone in their order, the older ones too', async () => {
      await using broker = await openBroker(url)
      const topic = newTopic()
      const messages = Array.from({ length: 1000 }, (_, index) => message(index, `key ${index % 10}`))
      await broker.publish(topic, messages.slice(0, 400))
      const recording = startRecording()
      await broker.consume({ topic, group: 'group', maxBatch: 64, ...recording })
      await broker.publish(topic, messages.slice(400, 401))
      await broker.publish(topic, messages.slice(401))
      await waitUntil(() => recording.handled.length >= 1000)
      expect(valuesByKey(recording.handled)).toEqual(valuesByKey(messages))
      expect(recording.largestBatch()).toBeLessThanOrEqual(64)
      await waitUntil(async () => (await broker.backlog(topic, 'group')) === 0)
      expect(recording.errors).toEqual([])
    })

    it('hands each message to one member of each group', async () => {
      await using brokers = await openSeveral(url, 3)
      const topic = newTopic()
      const groups = ['one', 'two'].map((group) => ({ group, recordings: brokers.all.map(() => startRecording(5)) }))
      for (const { group, recordings } of groups) {
        await Promise.all(
          recordings.map((recording, index) =>
            brokers.all[index]!.consume({ topic, group, maxBatch: 20, ...recording }),
          ),
        )
      }
      const messages = Array.from({ length: 2000 }, (_, index) => message(index, `key ${index % 100}`))
      await Promise.all(
        brokers.all.map((broker, index) =>
          broker.publish(
            topic,
            messages.filter((_, each) => each % 3 === index),
          ),
        ),
      )
      for (const { recordings } of groups) {
        const handled = () => recordings.flatMap((recording) => recording.handled.map(textOf))
        await waitUntil(() => new Set(handled()).size === messages.length)
        expect(handled()).toHaveLength(messages.length)
        expect(recordings.filter((recording) => recording.handled.length > 0).length).toBeGreaterThan(1)
      }
      for (const broker of brokers.all) {
        await waitUntil(async () => (await broker.backlog(topic, 'one')) + (await broker.backlog(topic, 'two')) === 0)
      }
    })

    it('delivers again what was rejected, before anything else of its key', async () => {
      await using broker = await openBroker(url)
      const topic = newTopic()
      const messages = Array.from({ length: 100 }, (_, index) => message(index))
      await broker.publish(topic, messages.slice(0, 50))
      const recording = startRecording()
      let refusals = 3
      await broker.consume({
        topic,
        group: 'group',
        maxBatch: 20,
        onError: recording.onError,
        async handle(batch) {
          if (refusals === 0) return recording.handle(batch)
          refusals--
          if (refusals === 2) await broker.publish(topic, messages.slice(50))
          throw new Error('not today')
        },
      })
      await waitUntil(() => recording.handled.length >= messages.length)
      expect(recording.handled.map(textOf)).toEqual(messages.map(textOf))
      expect(recording.errors.map(({ message: text }) => text)).toEqual(Array.from({ length: 3 }, () => 'not today'))
    })

    it('delivers again what a member that died had not acknowledged', async () => {
      await using broker = await openBroker(url)
      const topic = newTopic()
      const messages = Array.from({ length: 30 }, (_, index) => message(index))
      await broker.publish(topic, messages)
      const taken = await forkMember(url, topic, 'group')
      expect(taken.length).toBeGreaterThan(0)
      expect(await broker.backlog(topic, 'group')).toBe(30)
      const recording = startRecording()
      await broker.consume({ topic, group: 'group', maxBatch: 10, ...recording })
      await waitUntil(() => new Set(recording.handled.map(textOf)).size === 30)
      await waitUntil(async () => (await broker.backlog(topic, 'group')) === 0)
      expect(recording.errors).toEqual([])
    })

    it('keeps what is being handled for some seconds from other members', async () => {
      await using brokers = await openSeveral(url, 2)
      const [first, second] = brokers.all as [Broker, Broker]
      const topic = newTopic()
      await first.publish(topic, [message(1)])
      // Longer than the members of any broker may be silent, and as long as Kafka lets others wait for one.
      const slow = startRecording(6000)
      const quick = startRecording()
      await first.consume({ topic, group: 'group', maxBatch: 10, ...slow })
      await waitUntil(() => slow.begun() > 0)
      await second.consume({ topic, group: 'group', maxBatch: 10, ...quick })
      await waitUntil(() => slow.handled.length > 0)
      await waitUntil(async () => (await first.backlog(topic, 'group')) === 0)
      expect(slow.handled).toHaveLength(1)
      expect(quick.handled).toHaveLength(0)
    })

    it('gives back at once what a member that leaves has not handled', async () => {
      await using broker = await openBroker(url)
      const topic = newTopic()
      const messages = Array.from({ length: 100 }, (_, index) => message(index))
      await broker.publish(topic, messages)
      const leaving = startRecording()
      const consumer: Consumer = await broker.consume({
        topic,
        group: 'group',
        maxBatch: 10,
        onError: leaving.onError,
        async handle(batch) {
          if (leaving.handled.length >= 30) throw new Error('not any more')
          await leaving.handle(batch)
        },
      })
      await waitUntil(() => leaving.errors.length > 0)
      await consumer.close()
      const staying = startRecording()
      const startedAt = performance.now()
      await broker.consume({ topic, group: 'group', maxBatch: 10, ...staying })
      await waitUntil(() => staying.handled.length >= 70)
      expect([...leaving.handled, ...staying.handled].map(textOf).sort()).toEqual(messages.map(textOf).sort())
      // Messages that are not released come some 5 s later.
      expect(performance.now() - startedAt).toBeLessThan(4000)
    })

    it('closes its consumers, which finish what they handle, when it is closed', async () => {
      const broker = await openBroker(url)
      const topic = newTopic()
      await broker.publish(topic, [message(1)])
      const recording = startRecording(300)
      await broker.consume({ topic, group: 'group', maxBatch: 10, ...recording })
      await waitUntil(() => recording.begun() > 0)
      await broker[Symbol.asyncDispose]()
      expect(recording.handled.map(textOf)).toEqual(['1'])
      await using other = await openBroker(url)
      await waitUntil(async () => (await other.backlog(topic, 'group')) === 0)
      expect(recording.errors).toEqual([])
    })

    it('counts what a group has yet to acknowledge', async () => {
      await using broker = await openBroker(url)
      const topic = newTopic()
      await broker.publish(
        topic,
        Array.from({ length: 25 }, (_, index) => message(index)),
      )
      expect(await broker.backlog(topic, 'group')).toBe(25)
      const stuck = Promise.withResolvers<void>()
      const recording = startRecording()
      await broker.consume({
        topic,
        group: 'group',
        maxBatch: 10,
        onError: recording.onError,
        async handle(batch) {
          if (recording.handled.length >= 10) await stuck.promise
          await recording.handle(batch)
        },
      })
      await waitUntil(async () => (await broker.backlog(topic, 'group')) === 15)
      expect(await broker.backlog(topic, 'another')).toBe(25)
      stuck.resolve()
      await waitUntil(async () => (await broker.backlog(topic, 'group')) === 0)
    })

    it('takes ten thousand messages at once', async () => {
      await using broker = await openBroker(url)
      const topic = newTopic()
      const messages = Array.from({ length: 10_000 }, (_, index) => message(index, `key ${index % 7}`))
      await broker.publish(topic, messages)
      expect(await broker.backlog(topic, 'group')).toBe(10_000)
      expect(valuesByKey(await readAll(broker, topic))).toEqual(valuesByKey(messages))
      const recording = startRecording()
      await broker.consume({ topic, group: 'group', maxBatch: 500, ...recording })
      await waitUntil(() => recording.handled.length >= 10_000)
      expect(valuesByKey(recording.handled)).toEqual(valuesByKey(messages))
    })

    it.each(['', ' ', '.', '-x', '_x', 'a.b', 'a b', 'a/b', 'a*', 'a>', 'é', 'a'.repeat(101), "a'", 'a\n'])(
      'has no topic and no group named %j',
      async (name) => {
        await using broker = await openBroker(url)
        const refusal = { code: 'broker-name-invalid', exitCode: 2 }
        await expect(broker.publish(name, [message(1)])).rejects.toMatchObject(refusal)
        await expect(readAll(broker, name)).rejects.toMatchObject(refusal)
        await expect(broker.backlog(name, 'group')).rejects.toMatchObject(refusal)
        await expect(broker.backlog('topic', name)).rejects.toMatchObject(refusal)
        const { handle, onError } = startRecording()
        const join = (topic: string, group: string) => broker.consume({ topic, group, maxBatch: 1, handle, onError })
        await expect(join(name, 'group')).rejects.toMatchObject(refusal)
        await expect(join('topic', name)).rejects.toMatchObject(refusal)
      },
    )

    it('says that it cannot be reached, without the password', async () => {
      const startedAt = performance.now()
      const error = await openBroker(unreachable).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'broker-unreachable' })
      expect(String(error)).not.toContain('secret')
      expect(performance.now() - startedAt).toBeLessThan(15_000)
    })

    const members = sharesKeys ? 'several members' : 'one member'
    it(`gives the messages of one key to ${members}`, async () => {
      await using brokers = await openSeveral(url, 2)
      const topic = newTopic()
      const recordings = brokers.all.map(() => startRecording(20))
      await Promise.all(
        recordings.map((recording, index) =>
          brokers.all[index]!.consume({ topic, group: 'group', maxBatch: 5, ...recording }),
        ),
      )
      await brokers.all[0]!.publish(
        topic,
        Array.from({ length: 100 }, (_, index) => message(index)),
      )
      await waitUntil(() => recordings.flatMap(({ handled }) => handled).length >= 100)
      const atWork = recordings.filter(({ handled }) => handled.length > 0)
      expect(atWork).toHaveLength(sharesKeys ? 2 : 1)
    })
  })
}

async function openSeveral(url: string, count: number): Promise<AsyncDisposable & { readonly all: readonly Broker[] }> {
  const all = await Promise.all(Array.from({ length: count }, () => openBroker(url)))
  return {
    all,
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((broker) => broker[Symbol.asyncDispose]()))
    },
  }
}
