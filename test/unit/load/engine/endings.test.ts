import { describe, expect, it } from 'vitest'
import { isStop } from '../../../../src/lib/load/engine/refusals.ts'
import type { Socket, VirtualUser } from '../../../../src/lib/ports/scenario.ts'
import { createVirtualClock } from '../../../support/load/virtual-clock.ts'
import { arrivals, get, run, scenario, slowServer, users } from '../../../support/load/virtual-run.ts'
import { defineScenario } from '../../../../src/lib/load/scenarios/define-scenario.ts'

function boom(): never {
  throw new Error('boom')
}

describe('a run whose scenario does not end by itself', () => {
  it.each([
    ['in the closed model', users(2, 3000)],
    ['in the open model', arrivals(2, { durationMs: 3000 })],
  ])('ends in its time though a retry loop catches every error, %s', async (_model, model) => {
    const clock = createVirtualClock()
    let refused = 0
    const retrying = scenario(async (user) => {
      for (;;) {
        try {
          await get(user)
          await user.think(960)
        } catch {
          refused++
        }
      }
    })
    const result = await run(clock, [retrying], { model })
    expect(result.requests).toBe(model.kind === 'closed' ? 6 : 12)
    expect(result).toMatchObject({ seconds: 3, failures: 0, errors: 0 })
    // Each user is told ten times more after the end, and then no more.
    expect(refused).toBe((model.kind === 'closed' ? 2 : 6) * 11)
    // Long before the grace of 5 s is over.
    expect(clock.now()).toBeLessThan(3100)
  })

  it('lets a user come back that never left its retry loop', async () => {
    const stages = [
      { durationMs: 0, users: 1 },
      { durationMs: 1000, users: 1 },
      { durationMs: 0, users: 0 },
      { durationMs: 1000, users: 0 },
      { durationMs: 0, users: 1 },
      { durationMs: 1000, users: 1 },
    ]
    const retrying = scenario(async (user) => {
      for (;;)
        await user
          .think(97)
          .then(() => get(user))
          .catch(() => {})
    })
    const clock = createVirtualClock()
    const { timeline } = await run(clock, [retrying], {
      model: { kind: 'closed', stages },
      client: slowServer(clock, 10),
    })
    expect(timeline.map(({ requests }) => requests > 0)).toEqual([true, false, true])
  })

  it('ends after the grace though a scenario waits for ever for something of its own', async () => {
    const clock = createVirtualClock()
    const waiting = scenario(async (user) => {
      await get(user)
      await new Promise(() => {})
    })
    const result = await run(clock, [waiting], { model: users(2, 3000), graceMs: 5000 })
    expect(result).toMatchObject({ seconds: 3, requests: 2 })
    expect(clock.now()).toBe(9000)
  })

  it('counts users that wait for ever for something of their own, which make no load', async () => {
    const hanging = scenario(async (user) => {
      await get(user)
      if (user.id === 0) await new Promise(() => {})
      await user.think(60_000)
    })
    const result = await run(createVirtualClock(), [hanging], { model: users(2, 5000), graceMs: 5000 })
    expect(result).toMatchObject({ requests: 2, iterations: 2, errors: 1 })
    expect(Object.keys(result.errorReasons)[0]).toContain('it waited for something that is no request and no think')
  })

  it.each([
    ['in the closed model', users(1, 1000), 10],
    ['in the open model', arrivals(10, { durationMs: 1000 }), 10],
  ])('waits for a request that nobody awaits as for any other, %s', async (_model, model, requests) => {
    const clock = createVirtualClock()
    const forgetful = scenario(async (user) => void get(user))
    // The last is answered 50 ms after the end.
    const client = slowServer(clock, 105)
    const result = await run(clock, [forgetful], { model, client })
    expect(result).toMatchObject({ requests, iterations: requests, failures: 0, errors: 0 })
  })

  it('does not cut off requests beside something that ended with the run', async () => {
    const clock = createVirtualClock()
    const both = scenario(async (user) => void (await Promise.all([get(user), user.think(10_000)])))
    const result = await run(clock, [both], { model: users(1, 1000), client: slowServer(clock, 1500) })
    expect(result).toMatchObject({ requests: 1, failures: 0, errors: 0, afterEnd: 1 })
  })

  it.each([
    ['a think', (user: VirtualUser) => void user.think(1000)],
    ['nothing', () => {}],
  ])('lets others through while a scenario awaits nothing: %s', async (_what, iteration) => {
    const result = await run(createVirtualClock(), [scenario(async (user) => iteration(user))], {
      model: users(1, 2500),
    })
    expect(result.errorReasons).toEqual({
      'test: it neither sent a request nor waited for a think (is an "await" missing?)': 3,
    })
  })

  it.each([
    ['a proxy whose traps throw', new Proxy({}, { get: boom, getPrototypeOf: boom, has: boom })],
    ['an error whose message throws', Object.defineProperty(new Error('x'), 'message', { get: boom })],
    ['an error whose message is no text', Object.assign(new Error('x'), { message: { toString: boom } })],
    ['null', null],
    [
      'a cause of itself',
      Object.assign(new Error('x'), {
        get cause() {
          return this
        },
      }),
    ],
  ])('lets its users go on that throw %s', async (_what, thrown) => {
    const throwing = scenario(async (user) => {
      await get(user)
      throw thrown
    })
    const result = await run(createVirtualClock(), [throwing], { model: users(1, 5000) })
    // Each iteration takes 50 ms, and the pause after an error a second.
    expect(result).toMatchObject({ requests: 5, errors: 5 })
    expect(isStop(thrown)).toBe(false)
  })

  it('does not wait for a client and sockets that cannot be closed', async () => {
    const clock = createVirtualClock()
    const never = () => new Promise<never>(() => {})
    const result = await run(clock, [scenario((user) => get(user))], {
      model: users(1, 3000),
      client: { request: never, close: never },
      sockets: { open: never, close: never },
    })
    expect(result.seconds).toBe(3)
  })

  it('swallows what is thrown to end a wait that nobody awaits', async () => {
    const forgetful = scenario(async (user) => {
      void user.think(60_000)
      await get(user)
      // The second wait is counted from the end of the first.
      void user.request({ step: 'other', method: 'GET', path: '/' })
      await user.think(0)
    })
    const result = await run(createVirtualClock(), [forgetful], { model: arrivals(1, { durationMs: 3000 }) })
    expect(result.errors).toBe(0)
  })

  it('lets others through while a scenario repeats what cannot be sent', async () => {
    const clock = createVirtualClock()
    let tries = 0
    const wrong = scenario(async (user) => {
      for (;;) {
        await get(user).catch(() => {})
        tries++
      }
    })
    const client = { request: () => Promise.reject(new TypeError('no such path')), close: async () => {} }
    const result = await run(clock, [wrong], { model: users(1, 1000), client })
    expect(result.seconds).toBe(1)
    expect(tries).toBeGreaterThan(500)
  })

  it('lets others through while a scenario waits at a socket that has ended', async () => {
    const clock = createVirtualClock()
    const ended: Socket = {
      isOpen: false,
      send() {},
      close() {},
      next: async () => ({ text: null, at: clock.now(), reason: 'connection closed' }),
    }
    const listening = scenario(async (user) => {
      const socket = await user.connect({ step: 'open', path: '/', protocol: 'p', hello: 'h', isReady: () => true })
      for (;;) await user.receive(socket!, { step: 'told', accept: () => true })
    })
    const sockets = { open: async () => ({ socket: ended, reason: null }), close: async () => {} }
    const result = await run(clock, [listening], { model: users(1, 1000), sockets })
    expect(result.seconds).toBe(1)
    expect(result.failures).toBeGreaterThan(500)
  })
})

describe('the users of a rate', () => {
  const prepareFor = (clock: ReturnType<typeof createVirtualClock>, ms: number, prepared: number[]) =>
    defineScenario({
      name: 'test',
      prepare: ({ id }) => new Promise<void>((done) => void clock.schedule(ms, () => done(void prepared.push(id)))),
      run: (user) => user.think(60_000),
    })

  it('are prepared ahead of their arrivals, and no more of them', async () => {
    const clock = createVirtualClock()
    const prepared: number[] = []
    const model = arrivals(10, { durationMs: 20_000, maxInFlight: 10_000 })
    const result = await run(clock, [prepareFor(clock, 10, prepared)], { model })
    expect(result).toMatchObject({ iterations: 200, skipped: 0, full: false })
    expect(result.unprepared).toBeUndefined()
    // All 200 that came, and at most the 50 of five seconds more.
    expect(prepared.length).toBeGreaterThanOrEqual(200)
    expect(prepared.length).toBeLessThanOrEqual(250)
    expect(new Set(prepared).size).toBe(prepared.length)
  })

  it('are missed, and that is said, where they cannot be prepared as fast', async () => {
    const clock = createVirtualClock()
    const result = await run(clock, [prepareFor(clock, 60_000, [])], {
      model: arrivals(10, { durationMs: 20_000, maxInFlight: 10_000 }),
    })
    // The 50 that were prepared before the start, and no other comes in time.
    expect(result).toMatchObject({ iterations: 50, skipped: 150, full: false, unprepared: true })
  })
})
