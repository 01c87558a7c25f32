import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Broker, Message } from '../../../src/lib/ports/broker.ts'
import { openBroker } from '../../../src/lib/adapters/brokers/registry.ts'
import type { PrivateService } from '../private-service.ts'
import { message, readAll, startRecording, textOf, waitUntil } from './recording.ts'

/** Messages in a call of publish, and acknowledged calls before and after the server is killed. */
const batchSize = 20
const batchesBefore = 40
const batchesAfter = 40

/** Longest call of publish before it says that the server is away, ms: seconds, on a busy machine. */
const rejectsWithinMs = 15_000

/**
 * Kills the server in the middle of publishing and consuming, and starts it again when that was noticed. What was
 * acknowledged to the publisher has to be there afterwards, and to have been handled.
 */
export async function expectNothingLostByRestart(server: PrivateService): Promise<void> {
  await using publisher = await openBroker(server.url)
  await using member = await openBroker(server.url)
  await using otherMember = await openBroker(server.url)
  const consumption = { topic: 'orders', group: 'group', maxBatch: 50 }
  const recordings = [startRecording(3), startRecording(3)]
  await member.consume({ ...consumption, ...recordings[0]! })
  await otherMember.consume({ ...consumption, ...recordings[1]! })
  const publishing = startPublishing(publisher)

  await waitUntil(() => publishing.acknowledged.length >= batchesBefore * batchSize)
  await server.kill()
  // That the server is away is no secret to those who wait for messages either.
  await waitUntil(() => publishing.refusals.length > 0 && recordings.every(({ errors }) => errors.length > 0))
  await server.start()
  const before = publishing.acknowledged.length
  await waitUntil(() => publishing.acknowledged.length >= before + batchesAfter * batchSize)
  await publishing.stop()

  const acknowledged = publishing.acknowledged.map(textOf)
  const handled = () => new Set(recordings.flatMap((recording) => recording.handled.map(textOf)))
  await waitUntil(() => acknowledged.every((text) => handled().has(text)))
  const stored = new Set((await readAll(publisher, 'orders')).map(textOf))
  expect(acknowledged.filter((text) => !stored.has(text))).toEqual([])
  await waitUntil(async () => (await publisher.backlog('orders', 'group')) === 0)
  for (const { code, tookMs } of publishing.refusals) {
    expect(code).toBe('broker-unreachable')
    expect(tookMs).toBeLessThan(rejectsWithinMs)
  }
  for (const error of recordings.flatMap(({ errors }) => errors))
    expect(error).toMatchObject({ code: 'broker-unreachable' })
}

/** Stops the server from answering while its connections stay: publishing says so in time, and goes on afterwards. */
export async function expectToOutlastAPause(server: PrivateService): Promise<void> {
  await using broker = await openBroker(server.url)
  const topic = 'paused'
  const recording = startRecording()
  await broker.consume({ topic, group: 'group', maxBatch: 10, ...recording })
  await broker.publish(topic, [message(1)])
  await waitUntil(() => recording.handled.length > 0)
  const startedAt = performance.now()
  await server.pause()
  const publishing = broker.publish(topic, [message(2)]).catch((thrown: unknown) => thrown)
  const error = await Promise.race([publishing, sleep(2 * rejectsWithinMs, 'no answer')])
  const tookMs = performance.now() - startedAt
  await server.resume()
  expect(error).toMatchObject({ code: 'broker-unreachable' })
  expect(tookMs).toBeLessThan(rejectsWithinMs)
  const publishAgain = () =>
    broker.publish(topic, [message(3)]).then(
      () => true,
      () => false,
    )
  await waitUntil(publishAgain)
  await waitUntil(() => recording.handled.map(textOf).includes('3'))
  for (const each of recording.errors) expect(each).toMatchObject({ code: 'broker-unreachable' })
}

interface Refusal {
  readonly code: unknown
  readonly tookMs: number
}

/** Publishes one batch after the other, each until it is acknowledged. */
function startPublishing(broker: Broker) {
  const acknowledged: Message[] = []
  const refusals: Refusal[] = []
  let stopped = false

  async function publish(batch: readonly Message[]): Promise<void> {
    for (;;) {
      const startedAt = performance.now()
      try {
        await broker.publish('orders', batch)
        return void acknowledged.push(...batch)
      } catch (error) {
        refusals.push({ code: (error as { code?: unknown }).code, tookMs: performance.now() - startedAt })
        if (stopped) return
        await sleep(100)
      }
    }
  }

  async function work(): Promise<void> {
    for (let next = 0; !stopped; next += batchSize) {
      await publish(Array.from({ length: batchSize }, (_, index) => message(next + index, `key ${index}`)))
      await sleep(2)
    }
  }

  const ended = work()
  return {
    acknowledged,
    refusals,
    async stop() {
      stopped = true
      await ended
    },
  }
}
