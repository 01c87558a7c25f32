import { randomUUID } from 'node:crypto'
import { AckPolicy, jetstreamManager, StorageType, type JetStreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openBroker } from '../../../../src/lib/adapters/brokers/registry.ts'
import { findService } from '../../../support/services.ts'
import { describeBroker } from '../../../support/broker/contract.ts'
import { message, readAll, startRecording, textOf, waitUntil } from '../../../support/broker/recording.ts'

const url = await findService('nats')

async function withManager<T>(work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: new URL(url!).host })
  try {
    return await work(await jetstreamManager(connection))
  } finally {
    await connection.close()
  }
}

const removeStreams = (names: readonly string[]) =>
  withManager(async ({ streams }) => {
    await Promise.all(names.map((name) => streams.delete(name).catch(() => false)))
  })

describe.skipIf(url === null)('NATS', () => {
  describeBroker({
    kind: 'nats',
    url: url!,
    unreachable: 'nats://user:secret@127.0.0.1:1',
    sharesKeys: true,
    removeTopics: removeStreams,
  })

  it('uses the stream that somebody else made, as it is', async () => {
    const prefix = `rushbench-test-${randomUUID()}`
    onTestFinished(() => removeStreams([prefix]))
    const made = await withManager(async ({ streams }) => {
      const { config } = await streams.add({ name: prefix, subjects: [`${prefix}-1`, `${prefix}-2`], max_msgs: 1000 })
      return config
    })
    await using broker = await openBroker(url!)
    await broker.publish(`${prefix}-1`, [message(1), message(2)])
    await broker.publish(`${prefix}-2`, [message(3)])
    const recording = startRecording()
    await broker.consume({ topic: `${prefix}-2`, group: 'group', maxBatch: 10, ...recording })
    await waitUntil(() => recording.handled.length > 0)
    expect(recording.handled.map(textOf)).toEqual(['3'])
    expect((await readAll(broker, `${prefix}-1`)).map(textOf)).toEqual(['1', '2'])
    expect(await broker.backlog(`${prefix}-1`, 'nobody')).toBe(2)
    await withManager(async ({ streams }) => {
      expect((await streams.info(prefix)).config).toEqual(made)
      await expect(streams.info(`${prefix}-1`)).rejects.toThrow('stream not found')
    })
    const joining = broker.consume({ topic: `${prefix}-1`, group: 'group', maxBatch: 10, ...recording })
    await expect(joining).rejects.toMatchObject({ code: 'broker-refused' })
  })

  it("takes an order that another program's client published", async () => {
    const topic = `rushbench-test-${randomUUID()}`
    onTestFinished(() => removeStreams([topic]))
    await withManager(async (manager) => {
      await manager.streams.add({ name: topic, subjects: [topic], storage: StorageType.Memory })
      await manager.consumers.add(topic, { durable_name: 'group', ack_policy: AckPolicy.Explicit })
      await manager.jetstream().publish(topic, '{"order_uid":"b563feb7b2b84b6test"}')
    })
    await using broker = await openBroker(url!)
    const recording = startRecording()
    await broker.consume({ topic, group: 'group', maxBatch: 10, ...recording })
    await waitUntil(() => recording.handled.length > 0)
    expect(recording.handled).toEqual([{ key: '', value: Buffer.from('{"order_uid":"b563feb7b2b84b6test"}') }])
  })

  it('says that a message is too large for the server, and goes on with the next', async () => {
    await using broker = await openBroker(url!)
    const topic = `rushbench-test-${randomUUID()}`
    onTestFinished(() => removeStreams([topic]))
    const large = { key: '', value: Buffer.alloc(2e6) }
    await expect(broker.publish(topic, [message(1), large])).rejects.toMatchObject({ code: 'broker-refused' })
    await broker.publish(topic, [message(2)])
    expect((await readAll(broker, topic)).at(-1)).toEqual(message(2))
  })

  it('makes a stream anew that was deleted under it, and its group', async () => {
    await using broker = await openBroker(url!)
    const topic = `rushbench-test-${randomUUID()}`
    onTestFinished(() => removeStreams([topic]))
    const recording = startRecording()
    await broker.consume({ topic, group: 'group', maxBatch: 10, ...recording })
    await broker.publish(topic, [message(1)])
    await waitUntil(() => recording.handled.length === 1)
    await removeStreams([topic])
    await waitUntil(() =>
      broker.publish(topic, [message(2)]).then(
        () => true,
        () => false,
      ),
    )
    await waitUntil(() => recording.handled.length >= 2)
    expect(recording.handled.map(textOf)).toEqual(['1', '2'])
  })
})
