import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Broker } from '../../../../src/lib/ports/broker.ts'
import { failure } from '../../../../src/lib/base/errors/errors.ts'
import type { LedgerEntry } from '../../../../src/lib/ports/scenario.ts'
import { realClock } from '../../../../src/lib/base/measure/clock.ts'
import { deadLetterId, topic } from '../../../../src/lib/workloads/orders/inbox.ts'
import { publishOrders, type PublishOptions } from '../../../../src/lib/workloads/orders/publish.ts'
import { readOrder } from '../../../../src/lib/workloads/orders/order.ts'
import { testEngines } from '../../../support/database/engines.ts'
import { openOrdersBackends, watch, type OrdersBackends } from '../../../support/orders/orders-backends.ts'

const sqlite = testEngines.find(({ name }) => name === 'sqlite')!
const options: PublishOptions = { seed: 'x', runId: 'run', messages: 1200, interval: 0, invalid: 0.25, wire: 'own' }

describe('publishOrders', () => {
  let place: OrdersBackends
  let noted: LedgerEntry[]
  let told: (string | null)[]
  beforeEach(async () => {
    place = await openOrdersBackends(sqlite)
    noted = []
    told = []
  })
  afterEach(() => place[Symbol.asyncDispose]())

  const publish = (rest: Partial<PublishOptions> = {}, broker: Broker = place.broker, signal = watch.signal) =>
    publishOrders(
      { ...options, ...rest },
      {
        broker,
        ledger: { record: async (entry) => void noted.push(entry) },
        clock: realClock,
        signal,
        onProgress() {},
        onAcknowledged: (messages) => told.push(...messages.map(({ uid }) => uid)),
      },
    )

  async function keysInTopic(): Promise<string[]> {
    const keys: string[] = []
    for await (const { value } of place.broker.read(topic)) {
      keys.push(readOrder(value).order?.order_uid ?? deadLetterId(value))
    }
    return keys
  }

  /** Stores what it is given, but says so only from the third time on. */
  function forgetful(): Broker {
    let times = 0
    return {
      ...place.broker,
      async publish(name, messages) {
        await place.broker.publish(name, messages)
        if (++times <= 2) throw failure('broker-unreachable', { url: 'x', reason: 'gone' })
      },
    }
  }

  it('notes what is in the topic, in its order', async () => {
    expect(await publish()).toMatchObject({ orders: 900, invalid: 300, repeats: 0 })
    expect(noted.map(({ key }) => key)).toEqual(await keysInTopic())
    expect(noted.filter(({ resource }) => resource === 'rejected')).toHaveLength(300)
    expect(noted.every(({ outcome }) => outcome === 'booked')).toBe(true)
    expect(told.filter((uid) => uid !== null)).toHaveLength(900)
  })

  it('keeps to its interval', async () => {
    const { durationMs } = await publish({ messages: 30, interval: 5 })
    expect(durationMs).toBeGreaterThanOrEqual(29 * 5)
    expect(noted).toHaveLength(30)
  })

  it('publishes again what was not acknowledged, and notes it once', async () => {
    expect(await publish({ messages: 100 }, forgetful())).toMatchObject({ orders: 75, invalid: 25, repeats: 2 })
    expect(noted).toHaveLength(100)
    expect(await keysInTopic()).toHaveLength(300)
  })

  it('notes that nobody knows what became of the last ones when it is ended while the broker is away', async () => {
    const stop = new AbortController()
    const away: Broker = {
      ...place.broker,
      async publish() {
        stop.abort()
        throw failure('broker-unreachable', { url: 'x', reason: 'gone' })
      },
    }
    await expect(publish({}, away, stop.signal)).rejects.toMatchObject({ code: 'broker-unreachable' })
    expect(noted).toHaveLength(500)
    expect(noted.every(({ outcome }) => outcome === 'unknown')).toBe(true)
  })
})
