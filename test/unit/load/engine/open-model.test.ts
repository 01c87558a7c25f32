import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../../src/lib/base/measure/clock.ts'
import { arrivalTimes } from '../../../../src/lib/load/engine/schedule.ts'
import { createRandom } from '../../../../src/lib/base/random.ts'
import { createVirtualClock, type VirtualClock } from '../../../support/load/virtual-clock.ts'
import { arrivals, get, run, scenario, slowServer } from '../../../support/load/virtual-run.ts'
import { defineScenario } from '../../../../src/lib/load/scenarios/define-scenario.ts'

const once = scenario((user) => get(user))

describe('the open model', () => {
  it('starts iterations at the rate, whether or not earlier ones came back', async () => {
    const clock = createVirtualClock()
    const result = await run(clock, [once], { model: arrivals(10), client: slowServer(clock, 3000) })
    expect(result).toMatchObject({ requests: 100, iterations: 100, skipped: 0, users: 30, interrupted: false })
    expect(result.serviceTime.p50).toBeCloseTo(3000, -1)
    expect(result.responseTime.max).toBeCloseTo(3000, -1)
    // At the end of a second one has just come back, and the next one has not left.
    expect(result.rows.map((row) => row.users)).toEqual([10, 20, 29, 29, 29, 29, 29, 29, 29, 29])
    expect(result.timeline.reduce((sum, row) => sum + row.requests, 0)).toBe(100)
    expect(result.timeline.at(-1)).toMatchObject({ second: 10, users: 0 })
  })

  it('counts iterations that throw, and starts the others all the same', async () => {
    const clock = createVirtualClock()
    let asked = 0
    const everyFourth = scenario(async (user) => {
      const turn = asked++
      await get(user)
      if (turn % 4 === 0) throw new Error('no basket')
    })
    const result = await run(clock, [everyFourth], { model: arrivals(10) })
    expect(result).toMatchObject({ requests: 100, iterations: 100, failures: 0, errors: 25 })
    expect(result.errorReasons).toEqual({ 'test: no basket': 25 })
  })

  it('starts Poisson arrivals when the seed says', async () => {
    const clock = createVirtualClock()
    const model = arrivals(20, { arrivals: 'poisson' })
    const sent: number[] = []
    const client = slowServer(clock, (now) => (sent.push(now), 5))
    await run(clock, [once], { model, client })
    expect(sent).toEqual([...arrivalTimes(model, createRandom('test').fork('arrivals'))])
  })

  it('skips and counts what finds as many in flight as may be, second by second', async () => {
    const clock = createVirtualClock()
    // 5 may be in flight; each takes 1 s. So of 10 arrivals a second 5 start, 5 are skipped.
    const model = arrivals(10, { maxInFlight: 5 })
    const result = await run(clock, [once], { model, client: slowServer(clock, 999) })
    expect(result).toMatchObject({ requests: 50, iterations: 50, skipped: 50, users: 5 })
    expect(result.rows.map((row) => row.skipped)).toEqual([5, 5, 5, 5, 5, 5, 5, 5, 5, 5])
    expect(result.idealRps).toBeCloseTo(10, 5)
  })

  it('counts the first response time from the arrival, later ones from when thinking ended', async () => {
    const clock = createVirtualClock()
    const late = { ...clock, schedule: (ms: number, callback: () => void) => clock.schedule(ms + 20, callback) }
    const two = scenario(async (user) => {
      await get(user, 'first')
      await user.think(100)
      await get(user, 'second')
      await get(user, 'third')
    })
    const model = arrivals(0.5, { durationMs: 10_000 })
    const { steps } = await run(clock, [two], { model, clock: late, client: slowServer(clock, 50) })
    expect(steps.map(({ name, requests }) => [name, requests])).toEqual([
      ['first', 5],
      ['second', 5],
      ['third', 5],
    ])
    const medians = steps.map(({ responseTime, serviceTime }) => [responseTime.p50, serviceTime.p50].map(Number))
    expect(medians.map((pair) => pair.map(Math.round))).toEqual([
      [70, 50],
      [70, 50],
      [50, 50],
    ])
  })

  it('leaves out the think time between iterations, because arrivals pace them', async () => {
    const clock = createVirtualClock()
    const slow = defineScenario({ name: 'slow', think: 60_000, run: (user) => get(user) })
    expect((await run(clock, [slow], { model: arrivals(10) })).requests).toBe(100)
  })

  /** A process that freezes: nothing that is due in that time fires before its end. */
  function stalling(clock: VirtualClock, fromMs = 2000, toMs = 4500): Clock {
    const held = (at: number) => (at >= fromMs && at < toMs ? toMs : at)
    const schedule: Clock['schedule'] = (ms, callback) => clock.schedule(held(clock.now() + ms) - clock.now(), callback)
    return { now: clock.now, schedule }
  }

  it('starts late, and does not skip, what came due while the generator was held up', async () => {
    const clock = createVirtualClock()
    const plan = { model: arrivals(10), clock: stalling(clock), client: slowServer(clock, 1) }
    const result = await run(clock, [once], plan)
    expect(result).toMatchObject({ requests: 100, skipped: 0 })
    expect(result.responseTime.max).toBeCloseTo(2501, -1)
    expect(result.serviceTime.max).toBeCloseTo(1, 1)
    expect(result.lateStartP99).toBeCloseTo(2500, -2.5)
  })

  it('skips what came due and was not started by the end, and no more than that', async () => {
    const clock = createVirtualClock()
    // The ten iterations of the last second could start at 12 s at the earliest.
    const plan = { model: arrivals(10), clock: stalling(clock, 9000, 12_000), client: slowServer(clock, 1) }
    expect(await run(clock, [once], plan)).toMatchObject({ requests: 90, iterations: 90, skipped: 10, full: false })
    const other = createVirtualClock()
    const barely = { model: arrivals(10), clock: stalling(other, 9850, 10_050), client: slowServer(other, 1) }
    expect(await run(other, [once], barely)).toMatchObject({ requests: 100, skipped: 0 })
  })

  it('sees to answers while it catches up', async () => {
    const clock = createVirtualClock()
    const plan = { model: arrivals(1000, { maxInFlight: 5000 }), clock: stalling(clock), client: slowServer(clock, 0) }
    const result = await run(clock, [once], plan)
    expect(result).toMatchObject({ requests: 10_000, skipped: 0 })
    // 2,500 are due at 4.5 s, and each is answered at once.
    expect(result.users).toBeLessThan(300)
  })

  it('ends early, in order, when the signal aborts', async () => {
    const clock = createVirtualClock()
    const stop = new AbortController()
    clock.schedule(3550, () => stop.abort())
    const plan = { model: arrivals(10), signal: stop.signal, client: slowServer(clock, 200) }
    const result = await run(clock, [once], plan)
    expect(result).toMatchObject({ interrupted: true, seconds: 3.55, iterations: 36, requests: 36, failures: 0 })
    expect(result.skipped).toBe(0)
  })
})
