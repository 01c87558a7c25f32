import { describe, expect, it } from 'vitest'
import type { VirtualUser } from '../../../src/lib/ports/scenario.ts'
import { createVirtualClock, type VirtualClock } from '../../support/load/virtual-clock.ts'
import { arrivals, get, run, scenario, slowServer } from '../../support/load/virtual-run.ts'

/** A clock whose timers are late by so much. */
function lateBy(clock: VirtualClock, lateMs: (at: number) => number): VirtualClock {
  return { ...clock, schedule: (ms, callback) => clock.schedule(ms + lateMs(clock.now() + ms), callback) }
}

/** Waits outside of all steps. */
const waitFor = (clock: VirtualClock, ms: number) => new Promise<void>((done) => void clock.schedule(ms, done))

/** The response times of each step of one iteration, ms. */
async function oneIteration(iteration: (user: VirtualUser, clock: VirtualClock) => Promise<unknown>, responseMs = 50) {
  const clock = createVirtualClock()
  const once = scenario(async (user) => {
    await iteration(user, clock)
    await user.think(20_000)
  })
  const result = await run(clock, [once], { client: slowServer(clock, responseMs) })
  const responseTimes = result.steps.map(({ name, responseTime }) => [name, Math.round(responseTime.max!)])
  return { ...result, responseTimes: Object.fromEntries(responseTimes) as Record<string, number> }
}

describe('requests beside each other', () => {
  it('waits once where several answers are waited for at the same time', async () => {
    const clock = createVirtualClock()
    const all = scenario(async (user) => {
      await user.think(950)
      await Promise.all([get(user, 'a'), get(user, 'b'), get(user, 'c')])
    })
    const { rps, idealRps } = await run(clock, [all], { client: slowServer(clock, 50) })
    expect(rps).toBe(3)
    // Of each second, 50 ms are spent waiting, not 150.
    expect(idealRps).toBeCloseTo(3 / 0.95, 5)
  })

  it('counts all the time in which any of overlapping answers is waited for', async () => {
    const clock = createVirtualClock()
    const overlapping = scenario(async (user) => {
      await user.think(100)
      const first = get(user, 'first')
      await user.think(300)
      await Promise.all([first, get(user, 'second')])
      await user.think(100)
    })
    const { rps, idealRps } = await run(clock, [overlapping], { client: slowServer(clock, 500) })
    // Every second, from 100 to 600 and from 400 to 900 ms.
    expect(rps).toBe(2)
    expect(idealRps).toBeCloseTo(2 / 0.2, 5)
  })

  it('is due when it is sent, if another is under way', async () => {
    const { responseTimes, lateStartP99 } = await oneIteration(async (user, clock) => {
      const long = get(user, 'first')
      await waitFor(clock, 30)
      await Promise.all([long, get(user, 'second')])
    })
    expect(responseTimes).toEqual({ first: 50, second: 50 })
    expect(lateStartP99).toBeCloseTo(0, 1)
  })

  it('is due when a think time is over, though another was answered meanwhile', async () => {
    const { responseTimes } = await oneIteration((user) =>
      Promise.all([get(user, 'first'), user.think(1000).then(() => get(user, 'second'))]),
    )
    expect(responseTimes).toEqual({ first: 50, second: 50 })
  })

  it('is due when the answer before came, in a sequence', async () => {
    const { responseTimes } = await oneIteration(async (user, clock) => {
      await get(user, 'first')
      await waitFor(clock, 30)
      await get(user, 'second')
    })
    expect(responseTimes).toEqual({ first: 50, second: 80 })
  })
})

describe('what timers are late by', () => {
  it.each([
    [0.7, 50, 0.7],
    [1.9, 50, 1.9],
    // The process was kept busy: users would have waited for that, so that no freeze of the generator is hidden.
    [2.5, 52.5, 2.5],
    [300, 350, 300],
  ])('of %s ms: after a think time, the response time is %s ms', async (lateMs, expected, late) => {
    const clock = createVirtualClock()
    const think = scenario(async (user) => (await user.think(500), get(user)))
    const result = await run(clock, [think], { clock: lateBy(clock, () => lateMs), client: slowServer(clock, 50) })
    expect(result.responseTime.p50! / expected).toBeCloseTo(1, 2)
    expect(result.serviceTime.p50! / 50).toBeCloseTo(1, 2)
    expect(result.lateStartP99! / late).toBeCloseTo(1, 2)
  })

  it('is left out of arrivals, unless the generator stood still: then every one that was due counts from then', async () => {
    const clock = createVirtualClock()
    // From 5 to 6 s no timer fires; the others are late by 0.5 ms.
    const late = lateBy(clock, (at) => (at >= 5000 && at < 6000 ? 6000 - at : 0.5))
    const model = arrivals(100)
    const result = await run(clock, [scenario((user) => get(user))], {
      model,
      clock: late,
      client: slowServer(clock, 10),
    })
    expect(result.requests).toBe(1000)
    expect(result.responseTime.p50! / 10).toBeCloseTo(1, 2)
    // 100 of 1,000 were due in that second, evenly: one in twenty waited for half a second or more.
    expect(result.responseTime.p95! / 510).toBeCloseTo(1, 1)
    expect(result.responseTime.max! / 1010).toBeCloseTo(1, 2)
  })

  it('does not slow the pace down: the next think time makes up for it', async () => {
    const clock = createVirtualClock()
    const think = scenario(async (user) => {
      for (let round = 0; round < 10; round++) await user.think(100)
      await get(user)
    })
    const result = await run(clock, [think], { clock: lateBy(clock, () => 1), client: slowServer(clock, 0) })
    expect(result.requests).toBe(9)
  })
})
