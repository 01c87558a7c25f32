import { describe, expect, it } from 'vitest'
import type { HttpClient } from '../../../../src/lib/ports/http-client.ts'
import { realClock } from '../../../../src/lib/base/measure/clock.ts'
import { followReadings } from '../../../../src/lib/workloads/orders/readable.ts'

/** Answers 200 from the so manieth time on that it is asked for an order; never for one that is missing. */
function createClient(tries: number, missing: readonly string[] = []) {
  const asked = new Map<string, number>()
  const client: HttpClient = {
    async request({ path }) {
      const times = (asked.get(path) ?? 0) + 1
      asked.set(path, times)
      const status = times >= tries && !missing.includes(path) ? 200 : 404
      return { status, bytes: 0, body: Buffer.alloc(0), reason: null, maybeExecuted: false }
    },
    close: async () => {},
  }
  return { client, asked }
}

const messages = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ key: '', value: Buffer.alloc(0), uid: `${index}` }))
const signal = new AbortController().signal

describe('followReadings', () => {
  it('asks each replica for each order until it is there', async () => {
    const [fast, slow] = [createClient(1), createClient(3)]
    const replicas = [fast, slow].map(({ client }, index) => ({ origin: `http://replica${index}`, client }))
    const readings = followReadings(replicas, 20, { clock: realClock, signal })
    const sentAt = realClock.now() - 1000
    readings.expect(messages(10), sentAt)
    readings.expect([{ key: '', value: Buffer.alloc(0), uid: null }], sentAt)
    const found = await readings.finish()
    expect(found.map(({ origin, orders, unreadable }) => [origin, orders, unreadable])).toEqual([
      ['http://replica0', 10, 0],
      ['http://replica1', 10, 0],
    ])
    expect([...fast.asked.values()]).toEqual(Array(10).fill(1))
    expect([...slow.asked.values()]).toEqual(Array(10).fill(3))
    for (const { latencies } of found) {
      expect(latencies).toHaveLength(10)
      expect(latencies[0]).toBeGreaterThanOrEqual(1000)
      expect([...latencies].sort((a, b) => a - b)).toEqual(latencies)
    }
  })

  it('asks for some of many, the last among them', async () => {
    const { client, asked } = createClient(1)
    const readings = followReadings([{ origin: 'http://replica', client }], 10_000, { clock: realClock, signal })
    readings.expect(messages(10_000), 0)
    const [found] = await readings.finish()
    expect(found!.orders).toBe(2001)
    expect(asked.has('/orders/0') && asked.has('/orders/5') && asked.has('/orders/9999')).toBe(true)
  })

  it('gives up on what never comes, and on everything once it is stopped', async () => {
    const { client } = createClient(1, ['/orders/3'])
    const replicas = [{ origin: 'http://replica', client }]
    const readings = followReadings(replicas, 5, { clock: realClock, signal, patienceMs: 50 })
    readings.expect(messages(5), 0)
    expect(await readings.finish()).toEqual([expect.objectContaining({ orders: 5, unreadable: 1 })])
    const never = createClient(Infinity)
    const stop = new AbortController()
    const others = followReadings([{ origin: 'http://replica', client: never.client }], 100, {
      clock: realClock,
      signal: stop.signal,
    })
    others.expect(messages(100), 0)
    const finished = others.finish()
    stop.abort()
    expect(await finished).toEqual([expect.objectContaining({ orders: 100, unreadable: 100 })])
  })
})
