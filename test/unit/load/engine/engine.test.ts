import { describe, expect, it } from 'vitest'
import type { HttpClient } from '../../../../src/lib/ports/http-client.ts'
import { createMemoryLedger } from '../../../support/ledgers.ts'
import type { Scenario, StepResponse } from '../../../../src/lib/ports/scenario.ts'
import { checkThreshold, parseThreshold } from '../../../../src/lib/load/metrics/thresholds.ts'
import { createScenarios } from '../../../../src/lib/workloads/vaccination/scenarios.ts'
import { createVirtualClock } from '../../../support/load/virtual-clock.ts'
import { arrivals, get, ok, run, scenario, slowServer, users } from '../../../support/load/virtual-run.ts'
import { defineScenario } from '../../../../src/lib/load/scenarios/define-scenario.ts'

describe('the closed model', () => {
  it('sends a request, waits for its answer, thinks, and so on', async () => {
    const clock = createVirtualClock()
    const browse = scenario(async (user) => {
      await user.think(940)
      await get(user)
    })
    const result = await run(clock, [browse])
    // Every 990 ms: 940 of thinking, 50 of waiting. The tenth answer comes at 9.9 s.
    expect(result.requests).toBe(10)
    expect(result.failures).toBe(0)
    expect(result.responseTime.p50).toBeCloseTo(50, 0)
    expect(result.serviceTime.max).toBeCloseTo(50, 0)
    expect(result.rps).toBe(1)
    // 10 requests in 9.5 s that were not spent waiting.
    expect(result.idealRps).toBeCloseTo(10 / 9.5, 5)
    expect(result.rows.map((row) => row.requests)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    expect(result.rows.every((row) => row.users === 1 && row.p50 !== null)).toBe(true)
  })

  it("reaches the vaccination users' rate of 7 requests in 18.5 s when answers are instant", async () => {
    const clock = createVirtualClock()
    const options = { from: '2000-01-01', seed: 'x', cache: 'memory', bookedStatuses: [201], conflictStatuses: [409] }
    const slots = Buffer.from(JSON.stringify([{ id: 1, stock: 3 }]))
    const client: HttpClient = {
      request: async ({ method }) => ({
        ...ok,
        status: method === 'GET' ? 200 : 201,
        body: method === 'GET' ? slots : Buffer.from('{"id":"r"}'),
      }),
      close: async () => {},
    }
    const seconds = 1000
    const result = await run(clock, createScenarios(options, 'run'), {
      model: users(30, seconds * 1000),
      client,
    })
    // Of three iterations two make 2 requests in 1.5 + 3 s, one makes 3 in 1.5 + 3 + 5 s.
    const idealRatePerUser = 7 / 18.5
    expect(result.requests / (30 * seconds)).toBeGreaterThan(idealRatePerUser * 0.98)
    expect(result.requests / (30 * seconds)).toBeLessThan(idealRatePerUser * 1.02)
    expect(result.idealRps).toBeCloseTo(result.rps, 5)
    expect(result.outcomes.booked).toBe(result.steps.find((step) => step.name === 'book')?.requests)
    expect(result.outcomes.failed + result.outcomes.unknown + result.outcomes.conflict).toBe(0)
  })

  it('is the same twice for the same seed', async () => {
    const random = [scenario(async (user) => (await user.think(user.random.integer(1, 500)), get(user)))]
    const [first, second] = [await run(createVirtualClock(), random), await run(createVirtualClock(), random)]
    expect(second).toEqual(first)
  })

  it('counts from when a request was due: a late timer stands in the response time, not in the service time', async () => {
    const clock = createVirtualClock()
    const late = { ...clock, schedule: (ms: number, callback: () => void) => clock.schedule(ms + 20, callback) }
    const think = scenario(async (user) => (await user.think(930), get(user)))
    const result = await run(clock, [think], { clock: late, client: slowServer(clock, 50) })
    expect(result.responseTime.p50).toBeCloseTo(70, 0)
    expect(result.serviceTime.p50).toBeCloseTo(50, 0)
    expect(result.lateStartP99).toBeCloseTo(20, 0)
  })

  it('lets no time of the ledger stand in any latency', async () => {
    const clock = createVirtualClock()
    const ledger = { ...createMemoryLedger(), record: () => new Promise<void>((done) => clock.schedule(500, done)) }
    const book = scenario(async (user) => {
      await get(user)
      await user.ledger.record({ key: 'a', resource: 1, outcome: 'booked' })
      await user.think(100)
    })
    const result = await run(clock, [book], { ledger })
    // 50 ms of waiting for the answer, 500 for the ledger, then 100 of thinking.
    expect(result.requests).toBe(16)
    expect(result.responseTime.max).toBeCloseTo(50, 0)
    expect(result.lateStartP99).toBeCloseTo(0, 0)
  })

  it('picks scenarios by their weight', async () => {
    const clock = createVirtualClock()
    const named = (name: string, weight: number): Scenario =>
      defineScenario({ name, weight, think: 10, run: (user) => get(user, name) })
    const result = await run(clock, [named('often', 2), named('seldom', 1)], {
      model: users(20),
      client: slowServer(clock, 1),
    })
    const [often, seldom] = ['often', 'seldom'].map((name) => result.steps.find((step) => step.name === name)!.requests)
    expect(often! / seldom!).toBeGreaterThan(1.9)
    expect(often! / seldom!).toBeLessThan(2.1)
  })

  it('starts the users one after the other over the ramp-up', async () => {
    const clock = createVirtualClock()
    const result = await run(clock, [scenario(async (user) => (await user.think(100), get(user)))], {
      model: users(10, 11_000, 11_000),
    })
    expect(result.rows.map((row) => row.users)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10])
  })

  it('adds and takes away users by stages', async () => {
    const stages = [
      { durationMs: 4000, users: 4 },
      { durationMs: 2000, users: 4 },
      { durationMs: 4000, users: 0 },
    ]
    const result = await run(createVirtualClock(), [scenario(async (user) => (await user.think(90), get(user)))], {
      model: { kind: 'closed', stages },
      client: slowServer(createVirtualClock(), 0),
    })
    expect(result.users).toBe(4)
    expect(result.rows.map((row) => row.users)).toEqual([1, 2, 3, 4, 4, 4, 3, 2, 1, 0])
  })

  it('lets a user that is taken away finish its request, and wait for that before it comes back', async () => {
    const clock = createVirtualClock()
    const stages = [
      { durationMs: 0, users: 1 },
      { durationMs: 1000, users: 1 },
      { durationMs: 0, users: 0 },
      { durationMs: 500, users: 0 },
      { durationMs: 0, users: 1 },
      { durationMs: 8500, users: 1 },
    ]
    let underWay = 0
    const alone = scenario(async (user) => {
      expect(++underWay).toBe(1)
      await get(user).finally(() => underWay--)
    })
    const result = await run(clock, [alone], { model: { kind: 'closed', stages }, client: slowServer(clock, 4000) })
    // 0-4 s, begun before it went; then 4-8 s and 8-12 s, the end of which lies in the grace.
    expect(result.requests).toBe(3)
    expect(result.failureReasons).toEqual({})
    expect(result.timeline.map((row) => row.requests)).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1])
    // The second was due when the user came back, at 1.5 s.
    expect(result.responseTime.max).toBeCloseTo(6500, -1)
  })

  it('ends every second of the run, also where the time of the clock cannot be added up exactly', async () => {
    const clock = createVirtualClock(1968.7499191119339)
    const { rows, timeline } = await run(clock, [scenario((user) => user.think(10_000))], { model: users(1, 12_000) })
    expect(rows.map(({ durationMs }) => durationMs)).toEqual(Array.from({ length: 12 }, () => 1000))
    expect(timeline).toEqual(rows)
  })

  it('lets requests under way finish within the grace, and cuts them off after it', async () => {
    const slow = scenario((user) => get(user))
    const clock = createVirtualClock()
    const finished = await run(clock, [slow], { client: slowServer(clock, 12_000), graceMs: 5000 })
    expect([finished.requests, finished.failures]).toEqual([1, 0])

    const other = createVirtualClock()
    const cut = await run(other, [slow], { client: slowServer(other, 60_000), graceMs: 5000 })
    expect([cut.requests, cut.failures]).toEqual([1, 1])
    expect(cut.failureReasons).toEqual({ 'cut off at the end of the run': 1 })
  })

  it.each([
    // Thinks 0-1 s; its one answer comes 3 s after the end.
    ['at its end', 10_000, 12_000, 0],
    // Thinks 0-1, 5-6 and 10-11 s; the third answer comes after the end.
    ['again and again', 12_000, 4000, 2 / 12],
  ])('finds the ideal rate of 1 a second of a user that waits %s', async (_when, durationMs, responseMs, rps) => {
    const clock = createVirtualClock()
    const result = await run(clock, [scenario(async (user) => (await user.think(1000), get(user)))], {
      model: users(1, durationMs),
      client: slowServer(clock, responseMs),
    })
    expect(result.rps).toBeCloseTo(rps, 5)
    expect(result.idealRps).toBeCloseTo(1, 5)
  })

  it('has in its rate, and in that of each step, what was answered in the time of the run alone', async () => {
    const clock = createVirtualClock()
    const result = await run(clock, [scenario((user) => get(user))], {
      model: users(5, 5000),
      client: slowServer(clock, 1500),
    })
    // Each user has answers at 1.5, 3, 4.5 and, after the end, 6 s.
    expect(result).toMatchObject({ requests: 20, afterEnd: 5, seconds: 5, rps: 3 })
    expect(result.steps).toMatchObject([{ requests: 20, rps: 3 }])
    expect(result.timeline.at(-1)).toMatchObject({ requests: 5, durationMs: 1000, rps: 5 })
    expect(checkThreshold(parseThreshold('rps>3'), result).passed).toBe(false)
  })

  it('knows no ideal rate of users that never think, however little the generator takes between two requests', async () => {
    const clock = createVirtualClock()
    let thinkMs = 0.5
    const hasty = scenario(async (user) => (await get(user), user.think(thinkMs)))
    expect((await run(clock, [hasty])).idealRps).toBe(0)
    thinkMs = 50
    // As long as it waits: twice as many.
    const { idealRps, rps } = await run(createVirtualClock(), [hasty])
    expect(idealRps / rps).toBeCloseTo(2, 1)
  })

  it('has the rate of a server that is overloaded, whatever it answers later', async () => {
    const clock = createVirtualClock()
    let freeAt = 0
    // One after the other, 50 a second, where 100 a second come.
    const delay = (now: number) => (freeAt = Math.max(freeAt, now) + 20) - now
    const model = arrivals(100)
    const result = await run(clock, [scenario((user) => get(user))], { model, client: slowServer(clock, delay) })
    expect(result).toMatchObject({ requests: 1000, afterEnd: 500, rps: 50 })
    expect(result.idealRps).toBe(100)
  })

  it('ends early, in order, when the signal aborts', async () => {
    const clock = createVirtualClock()
    const stop = new AbortController()
    clock.schedule(3500, () => stop.abort())
    const result = await run(clock, [scenario(async (user) => (await user.think(950), get(user)))], {
      signal: stop.signal,
    })
    expect(result.interrupted).toBe(true)
    expect(result.seconds).toBe(3.5)
    expect(result.requests).toBe(3)
    expect(result.rows).toHaveLength(3)
  })

  it('counts a scenario that throws, with its reason, and pauses instead of spinning', async () => {
    const clock = createVirtualClock()
    const broken = scenario(async (user) => {
      await get(user)
      throw new Error('no slot in this calendar')
    })
    const result = await run(clock, [broken])
    // 50 ms for the request and 1,000 ms of pause: ten times in 10 s.
    expect(result.requests).toBe(10)
    expect(result.failures).toBe(0)
    expect(result.failureReasons).toEqual({})
    expect(result).toMatchObject({ errors: 10, errorReasons: { 'test: no slot in this calendar': 10 } })
    expect(result.timeline.map((row) => row.errors)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
  })

  it('counts a scenario that does nothing at all, and pauses instead of hanging for ever', async () => {
    const result = await run(createVirtualClock(), [scenario(async () => {})], { model: users(1, 9500) })
    expect(result.requests).toBe(0)
    expect(result.errorReasons).toEqual({
      'test: it neither sent a request nor waited for a think (is an "await" missing?)': 10,
    })
  })

  it.each([
    ['wraps what ends it', (error: unknown) => Promise.reject(new Error('gave up', { cause: error }))],
    ['swallows what ends it', () => Promise.resolve()],
  ])('does not count a scenario that is ended while it thinks, also when it %s', async (_what, onEnd) => {
    const clock = createVirtualClock()
    const guarded = scenario(async (user) => {
      await get(user)
      await user.think(60_000).catch(onEnd)
      await get(user).catch(onEnd)
    })
    const result = await run(clock, [guarded], { model: users(3) })
    expect(result).toMatchObject({ iterations: 3, requests: 3, errors: 0, errorReasons: {} })
  })

  it('counts what a scenario throws at an answer that came in the grace, in the row that comes last', async () => {
    const clock = createVirtualClock()
    const parse = scenario(async (user) => void (await get(user)).json())
    const client = slowServer(clock, 4000, { body: Buffer.from('hello') })
    const result = await run(clock, [parse], { model: users(1, 1000), client })
    expect(result).toMatchObject({ iterations: 1, requests: 1, failures: 0, errors: 1 })
    expect(result.timeline).toMatchObject([
      { second: 0, requests: 0, errors: 0 },
      { second: 1, requests: 1, errors: 1 },
    ])
  })

  it('tells failures from right answers', async () => {
    const clock = createVirtualClock()
    const ask = (expected?: number[]) =>
      scenario(async (user) => {
        await user.think(100)
        await user.request({ step: 'post', method: 'POST', path: '/', ...(expected ? { expected } : {}) })
      })
    const refused = await run(clock, [ask()], { client: slowServer(clock, 50, { status: 409 }) })
    expect(refused.failures).toBe(refused.requests)
    expect(refused.failureReasons).toEqual({ 'status 409': refused.requests })
    const other = createVirtualClock()
    expect((await run(other, [ask([409])], { client: slowServer(other, 50, { status: 409 }) })).failures).toBe(0)
  })

  it('lets a scenario say what is wrong with an answer of a right status', async () => {
    const runWith = async (body: string, status = 200) => {
      const clock = createVirtualClock()
      const ask = scenario(async (user) => {
        await user.think(100)
        const failureOf = (answer: StepResponse) => {
          const { errors } = answer.json() as { errors?: { code: string }[] }
          return errors ? errors.map(({ code }) => code).join(', ') : null
        }
        await user.request({ step: 'ask', method: 'POST', path: '/', wantBody: true, failureOf })
      })
      const client = slowServer(clock, 50, { status, body: Buffer.from(body) })
      const { failureReasons, requests } = await run(clock, [ask], { client })
      expect(requests).toBeGreaterThan(0)
      return Object.entries(failureReasons).map(([reason, count]) => [reason, count === requests])
    }
    expect(await runWith('{"data":{}}')).toEqual([])
    expect(await runWith('{"errors":[{"code":"full"}]}')).toEqual([['full', true]])
    expect(await runWith('{"errors":[{"code":"full"}]}', 500)).toEqual([['status 500', true]])
    expect(await runWith('<html>')).toEqual([[expect.stringContaining('JSON'), true]])
  })
})
