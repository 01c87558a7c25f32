import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { OpenModel } from '../../../../src/lib/load/engine/model.ts'
import { arrivalTimes } from '../../../../src/lib/load/engine/schedule.ts'
import { createRandom } from '../../../../src/lib/base/random.ts'
import { createVirtualClock } from '../../../support/load/virtual-clock.ts'
import { arrivals, get, run, scenario, slowServer, users } from '../../../support/load/virtual-run.ts'

/** A server that freezes for the last `frozenMs` of every 10 s, and otherwise answers after 5 ms. */
function freezing(frozenMs: number): (now: number) => number {
  return (now) => {
    const untilEnd = 10_000 - (now % 10_000)
    return (untilEnd <= frozenMs ? untilEnd : 0) + 5
  }
}

/** The smallest value that so many percent of all are not above. */
function nearestRank(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] as number
}

/** What nothing but the schedule says of the percentiles. */
function expectedOf(model: OpenModel, delay: (now: number) => number) {
  const delays = [...arrivalTimes(model, createRandom('test').fork('arrivals'))].map(delay)
  const [p50, p90, p99, max] = [50, 90, 99, 100].map((percent) => nearestRank(delays, percent))
  return { requests: delays.length, p50, p90, p99, max } as Record<'requests' | 'p50' | 'p90' | 'p99' | 'max', number>
}

async function measured(model: OpenModel, delay: (now: number) => number) {
  const clock = createVirtualClock()
  const client = slowServer(clock, delay)
  return run(clock, [scenario((user) => get(user))], { model, client, graceMs: 10_000 })
}

describe('accuracy against a server whose delays are known', () => {
  it('constant 50 ms at 10 a second: p50 within 2%, as many samples as requests', async () => {
    const { requests, responseTime, serviceTime } = await measured(arrivals(10, { durationMs: 60_000 }), () => 50)
    expect(requests).toBe(600)
    for (const { p50, max } of [responseTime, serviceTime]) {
      expect(Math.abs(p50! / 50 - 1)).toBeLessThan(0.02)
      expect(Math.abs(max! / 50 - 1)).toBeLessThan(0.02)
    }
  })

  it.each([
    ['1 s in every 10, constant arrivals', arrivals(100, { durationMs: 60_000 }), 1000],
    ['1 s in every 10, Poisson arrivals', arrivals(100, { durationMs: 60_000, arrivals: 'poisson' }), 1000],
    ['5 s in a run of 10, constant arrivals', arrivals(100), 5000],
    ['5 s in a run of 10, Poisson arrivals', arrivals(100, { arrivals: 'poisson' }), 5000],
  ])('freezes of %s: p50, p90, p99 and max within 3%% of the schedule', async (_name, model, frozenMs) => {
    const expected = expectedOf(model, freezing(frozenMs))
    const { requests, skipped, responseTime } = await measured(model, freezing(frozenMs))
    expect([requests, skipped]).toEqual([expected.requests, 0])
    const names = ['p50', 'p90', 'p99', 'max'] as const
    const wrong = names.filter((name) => !(Math.abs(responseTime[name]! / expected[name] - 1) < 0.03))
    expect(wrong).toEqual([])
  })

  it('has in the figures of 1 s in 10 what was worked out by hand', async () => {
    const { responseTime } = await measured(arrivals(100, { durationMs: 60_000 }), freezing(1000))
    // Of 1,000 arrivals in 10 s the 100 at 9.00, 9.01 ... 9.99 s wait 1,005, 995 ... 15 ms, the others 5 ms.
    expect(responseTime.p50).toBeCloseTo(5, 1)
    expect(responseTime.p90).toBeCloseTo(5, 1)
    expect(Math.abs(responseTime.p99! / 905 - 1)).toBeLessThan(0.002)
    expect(Math.abs(responseTime.max! / 1005 - 1)).toBeLessThan(0.002)
  })

  it('is what a closed model cannot see: its users stand still with the server', async () => {
    const clock = createVirtualClock()
    const user = scenario(async (one) => (await one.think(5), get(one)))
    const plan = { model: users(1, 60_000), client: slowServer(clock, freezing(1000)), graceMs: 10_000 }
    const { responseTime } = await run(clock, [user], plan)
    expect(responseTime.p99).toBeLessThan(10)
  })
})

/** Of what is in use, bytes. */
function usedHeap(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

describe('an hour', () => {
  it('takes no more memory than its timeline rows', async () => {
    const clock = createVirtualClock()
    const seconds = 3600
    const heap: number[] = []
    await run(clock, [scenario((user) => get(user))], {
      model: arrivals(20, { durationMs: seconds * 1000, maxInFlight: 10 }),
      client: slowServer(clock, 50),
      onSecond: ({ second }) => void ((second + 1) % 600 === 0 && heap.push(usedHeap())),
    })
    const [first, last] = [heap[0]!, heap.at(-1)!]
    const rows = seconds - 600
    // A row is ten numbers. One object kept for each of the 60,000 requests in between would be ten times the limit.
    expect((last - first) / rows).toBeLessThan(400)
  })
})
