import { randomUUID } from 'node:crypto'
import { Admin, ProduceAcks, Producer } from '@platformatic/kafka'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openBroker } from '../../../../src/lib/adapters/brokers/registry.ts'
import { findService } from '../../../support/services.ts'
import { describeBroker } from '../../../support/broker/contract.ts'
import { message, readAll, textOf } from '../../../support/broker/recording.ts'

const url = await findService('kafka')

async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ clientId: 'rushbench-test', bootstrapBrokers: [new URL(url!).host] })
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

const removeTopics = (topics: readonly string[]) =>
  withAdmin(async (admin) => {
    const there = new Set(await admin.listTopics())
    const made = topics.filter((topic) => there.has(topic))
    if (made.length > 0) await admin.deleteTopics({ topics: made })
  })

function newTopic(): string {
  const topic = `rushbench-test-${randomUUID()}`
  onTestFinished(() => removeTopics([topic]))
  return topic
}

describe.skipIf(url === null)('Kafka', () => {
  describeBroker({
    kind: 'kafka',
    url: url!,
    unreachable: 'kafka://user:secret@127.0.0.1:1',
    sharesKeys: false,
    removeTopics,
  })

  it('uses the topic that somebody else made, as it is, and what others published to it', async () => {
    const topic = newTopic()
    await withAdmin((admin) => admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 }))
    const producer = new Producer({ clientId: 'rushbench-test', bootstrapBrokers: [new URL(url!).host] })
    await producer.send({ messages: [{ topic, value: Buffer.from('1') }], acks: ProduceAcks.ALL })
    await producer.close()
    await using broker = await openBroker(url!)
    await broker.publish(topic, [message(2), message(3, 'another')])
    expect(await readAll(broker, topic)).toEqual([message(1, ''), message(2), message(3, 'another')])
    await withAdmin(async (admin) => {
      expect((await admin.metadata({ topics: [topic] })).topics.get(topic)?.partitionsCount).toBe(1)
    })
  })

  it('says that a message is too large for the server, and goes on with the next', async () => {
    await using broker = await openBroker(url!)
    const topic = newTopic()
    const large = { key: '', value: Buffer.alloc(2e6) }
    await expect(broker.publish(topic, [message(1), large])).rejects.toMatchObject({ code: 'broker-refused' })
    await broker.publish(topic, [message(2)])
    expect((await readAll(broker, topic)).map(textOf)).toEqual(['1', '2'])
  })
})
