import { describe, expect, it } from 'vitest'
import type { SaturationModel } from '../../../../src/lib/load/engine/model.ts'
import { createVirtualClock } from '../../../support/load/virtual-clock.ts'
import { arrivals, run, slowServer } from '../../../support/load/virtual-run.ts'

const send = { method: 'GET', path: '/', headers: [], body: new Uint8Array(), expect: '2xx,304' } as const

function saturation(connections: number, rest: Partial<SaturationModel>): SaturationModel {
  return { kind: 'saturation', engine: 'rushbench', connections, requests: null, durationMs: null, send, ...rest }
}

describe('a single request over connections', () => {
  it('is sent again on each as soon as it is answered, until the time is over', async () => {
    const clock = createVirtualClock()
    const result = await run(clock, [], { model: saturation(3, { durationMs: 2000 }), client: slowServer(clock, 300) })
    // At 0, 0.3, ... 1.8 s: the last three are answered at 2.1 s.
    expect(result).toMatchObject({ requests: 21, failures: 0, iterations: 21, users: 3, seconds: 2, skipped: 0 })
    expect(result.rows.map(({ requests, users }) => [requests, users])).toEqual([[9, 3], [9, 3]]) // prettier-ignore
    expect(result.responseTime).toEqual(result.serviceTime)
    expect(result.serviceTime.max).toBeCloseTo(300, 0)
    expect(result.steps.map(({ name }) => name)).toEqual(['GET /'])
    expect(result.idealRps).toBe(0)
  })

  it.each([1, 3])(
    'is sent exactly so many times by %i threads, and the run ends with the last answer',
    async (threads) => {
      const clock = createVirtualClock()
      const model = saturation(5, { requests: 32 })
      const result = await run(clock, [], { model, threads, client: slowServer(clock, 100) })
      expect([result.requests, result.iterations, result.users]).toEqual([32, 32, 5])
      // Five at a time take seven turns; of three threads with 2, 2 and 1 connections, the last has 10 requests.
      expect(result.seconds).toBe(threads === 1 ? 0.7 : 1)
    },
  )

  it('counts every status but the expected ones as a failure, and every answer that did not come', async () => {
    const clock = createVirtualClock()
    const model = saturation(1, { requests: 10 })
    const notFound = await run(clock, [], { model, client: slowServer(clock, 10, { status: 404 }) })
    expect(notFound).toMatchObject({ requests: 10, failures: 10, failureReasons: { 'status 404': 10 } })
    const expected = { ...model, send: { ...send, expect: '404' } }
    const right = await run(clock, [], { model: expected, client: slowServer(clock, 10, { status: 404 }) })
    expect(right).toMatchObject({ requests: 10, failures: 0 })
  })

  it('rests a moment where no connection is made, so that failures at once do not spin', async () => {
    const clock = createVirtualClock()
    const refused = { status: 0, reason: 'too many open files', maybeExecuted: false }
    const model = saturation(2, { durationMs: 1000 })
    const result = await run(clock, [], { model, client: slowServer(clock, 0, refused) })
    expect(result.seconds).toBe(1)
    expect(result.failures).toBe(result.requests)
    // Each connection tries every 10 ms.
    expect(result.requests).toBeGreaterThanOrEqual(200)
    expect(result.requests).toBeLessThanOrEqual(202)
  })

  it('is cut off when no answer comes within the grace', async () => {
    const clock = createVirtualClock()
    const model = saturation(2, { durationMs: 1000 })
    const result = await run(clock, [], { model, client: slowServer(clock, 60_000) })
    expect(result).toMatchObject({ requests: 2, failures: 2 })
    expect(result.failureReasons).toEqual({ 'cut off at the end of the run': 2 })
  })

  it('ends with the signal', async () => {
    const clock = createVirtualClock()
    const stop = new AbortController()
    clock.schedule(500, () => stop.abort())
    const model = saturation(2, { requests: 1e9 })
    const result = await run(clock, [], { model, client: slowServer(clock, 100), signal: stop.signal })
    expect(result).toMatchObject({ interrupted: true, failures: 0, seconds: 0.5 })
    expect(result.requests).toBeLessThanOrEqual(12)
  })
})

describe('a single request at a rate', () => {
  it('is sent on the schedule, also while the server is slow, and waits from when it was due', async () => {
    const clock = createVirtualClock()
    // It stands still from 1 s to 2 s.
    const client = slowServer(clock, (now) => (now >= 1000 && now < 2000 ? 2000 - now : 10))
    const result = await run(clock, [], { model: arrivals(10, { durationMs: 3000, send }), client })
    expect(result).toMatchObject({ requests: 30, failures: 0, skipped: 0, users: 10 })
    expect(result.responseTime.max).toBeCloseTo(1000, 0)
    expect(result.responseTime.p50).toBeCloseTo(10, 0)
  })

  it.each([1, 2])('skips what would be too many in flight, in %i threads', async (threads) => {
    const clock = createVirtualClock()
    const model = arrivals(10, { durationMs: 1000, maxInFlight: 4, send })
    const result = await run(clock, [], { model, threads, client: slowServer(clock, 5000) })
    expect(result).toMatchObject({ requests: 4, skipped: 6, users: 4, full: true })
  })

  it('is cut off when no answer comes within the grace', async () => {
    const clock = createVirtualClock()
    const model = arrivals(10, { durationMs: 1000, send })
    const result = await run(clock, [], { model, client: slowServer(clock, 60_000) })
    expect(result.failureReasons).toEqual({ 'cut off at the end of the run': 10 })
    expect(result.timeline.reduce((sum, { requests }) => sum + requests, 0)).toBe(10)
  })

  it('judges statuses, and ends with the signal', async () => {
    const clock = createVirtualClock()
    const stop = new AbortController()
    clock.schedule(450, () => stop.abort())
    const client = slowServer(clock, 10, { status: 304 })
    const model = arrivals(10, { send: { ...send, expect: '200' } })
    const result = await run(clock, [], { model, client, signal: stop.signal })
    expect(result).toMatchObject({ interrupted: true, requests: 5, failures: 5, failureReasons: { 'status 304': 5 } })
  })
})
