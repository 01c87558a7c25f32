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
const withinMs = 60_000

describe('followReadings', () => {
  it('asks each replica for each order until it is there', async () => {
    const [fast, slow] = [createClient(1), createClient(3)]
    const replicas = [fast, slow].map(({ client }, index) => ({ origin: `http://replica${index}`, client }))
    const readings = followReadings(replicas, 20, { clock: realClock, signal, withinMs })
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
    const readings = followReadings([{ origin: 'http://replica', client }], 10_000, {
      clock: realClock,
      signal,
      withinMs,
    })
    readings.expect(messages(10_000), 0)
    const [found] = await readings.finish()
    expect(found!.orders).toBe(2001)
    expect(
      asked.has('/orders/order?uuid=0') && asked.has('/orders/order?uuid=5') && asked.has('/orders/order?uuid=9999'),
    ).toBe(true)
  })

  it('gives up on what never comes, and on everything once it is stopped', async () => {
    const { client } = createClient(1, ['/orders/order?uuid=3'])
    const replicas = [{ origin: 'http://replica', client }]
    const readings = followReadings(replicas, 5, { clock: realClock, signal, withinMs: 50 })
    readings.expect(messages(5), 0)
    const progress: object[] = []
    const found = await readings.finish((state) => progress.push(state))
    expect(found).toEqual([expect.objectContaining({ orders: 5, unreadable: 1 })])
    expect(progress.at(-1)).toEqual({ done: 4, total: 5 })
    const never = createClient(Infinity)
    const stop = new AbortController()
    const others = followReadings([{ origin: 'http://replica', client: never.client }], 100, {
      clock: realClock,
      signal: stop.signal,
      withinMs,
    })
    others.expect(messages(100), 0)
    const finished = others.finish()
    stop.abort()
    expect(await finished).toEqual([expect.objectContaining({ orders: 100, unreadable: 100 })])
  })

  it('has one deadline for all, and asks for each once more when it is over', async () => {
    const never = createClient(Infinity)
    const quick = createClient(1)
    const replicas = [never, quick].map(({ client }, index) => ({ origin: `http://replica${index}`, client }))
    const readings = followReadings(replicas, 1000, { clock: realClock, signal, withinMs: 200 })
    const beganAt = realClock.now()
    readings.expect(messages(1000), beganAt)
    const found = await readings.finish()
    expect(found.map(({ unreadable }) => unreadable)).toEqual([1000, 0])
    expect(realClock.now() - beganAt).toBeLessThan(5000)
    expect(never.asked.size).toBe(1000)
  })

  it('asks for others while some do not come, and stops at once where nothing responds', async () => {
    const lost = Array.from({ length: 20 }, (_, index) => `/orders/order?uuid=${index}`)
    const { client } = createClient(1, lost)
    const context = { clock: realClock, signal, withinMs: 300, stuckMs: 10 }
    const readings = followReadings([{ origin: 'http://replica', client }], 100, context)
    readings.expect(messages(100), 0)
    expect(await readings.finish()).toEqual([expect.objectContaining({ orders: 100, unreadable: 20 })])
    let requests = 0
    const gone: HttpClient = {
      async request() {
        requests++
        return { status: 0, bytes: 0, body: Buffer.alloc(0), reason: 'gone', maybeExecuted: false }
      },
      close: async () => {},
    }
    const dead = followReadings([{ origin: 'http://replica', client: gone }], 1000, { ...context, withinMs: 0 })
    dead.expect(messages(1000), 0)
    expect(await dead.finish()).toEqual([expect.objectContaining({ orders: 1000, unreadable: 1000, latencies: [] })])
    expect(requests).toBeLessThan(20)
  })
})
