import { describe, expect, it } from 'vitest'
import { expectedIterationMs, meanThinkMs } from '../../../../src/lib/load/engine/iteration-time.ts'
import { createModel, withLevel, type ClosedModel } from '../../../../src/lib/load/engine/model.ts'
import type { Scenario } from '../../../../src/lib/ports/scenario.ts'
import { createScenarios } from '../../../../src/lib/workloads/vaccination/scenarios.ts'
import { createVirtualClock } from '../../../support/load/virtual-clock.ts'
import { get, ok, run, scenario, slowServer } from '../../../support/load/virtual-run.ts'
import { defineScenario } from '../../../../src/lib/load/scenarios/define-scenario.ts'

const spread = (users: number, durationMs: number): ClosedModel => ({
  kind: 'closed',
  starts: 'spread',
  stages: [
    { durationMs: 0, users },
    { durationMs, users },
  ],
})

/** When the users of a run began, by their number, ms. */
async function startsOf(model: ClosedModel, lasting: { iterationMs?: number; takesMs: number }, threads = 1) {
  const clock = createVirtualClock()
  const starts: number[] = []
  const { iterationMs, takesMs } = lasting
  const first: Scenario = defineScenario({
    name: 'first',
    ...(iterationMs === undefined ? {} : { iterationMs }),
    async run(user) {
      starts[user.id] ??= clock.now()
      await user.think(takesMs)
    },
  })
  const { startsMs } = await run(clock, [first], { model, threads, client: slowServer(clock, 1) })
  return { starts, startsMs }
}

const vaccination = createScenarios(
  { from: '2000-01-01', seed: 'x', cache: 'memory', bookedStatuses: [201], conflictStatuses: [409] },
  'run',
)

/** The least and the most requests in a second of the vaccination users, once all have made an iteration. */
async function extremes(model: ClosedModel) {
  const clock = createVirtualClock()
  const client = {
    ...slowServer(clock, 1),
    request: async () => ({ ...ok, body: Buffer.from('[{"id":1,"stock":3}]') }),
  }
  const { rows } = await run(clock, vaccination, { model, client })
  const counts = rows.slice(12).map(({ requests }) => requests)
  return { least: Math.min(...counts), most: Math.max(...counts) }
}

describe('spread starts', () => {
  it('come evenly over what the scenarios say that an iteration takes, in the order of the users', async () => {
    const { starts, startsMs } = await startsOf(spread(4, 40_000), { iterationMs: 6000, takesMs: 6000 })
    expect(starts).toEqual([0, 1500, 3000, 4500])
    expect(startsMs).toBe(4500)
  })

  it('are those of the whole in each shard', async () => {
    const { starts, startsMs } = await startsOf(spread(7, 40_000), { iterationMs: 7000, takesMs: 7000 }, 3)
    expect(starts).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000])
    expect(startsMs).toBe(6000)
  })

  it('take no longer than a quarter of the run', async () => {
    const { starts } = await startsOf(spread(4, 8000), { iterationMs: 60_000, takesMs: 1000 })
    expect(starts).toEqual([0, 500, 1000, 1500])
  })

  it('follow what the first iterations took where nobody says: quick ones let all begin almost at once', async () => {
    const quick = await startsOf(spread(50, 40_000), { takesMs: 10 })
    expect(quick.starts.filter((at) => at >= 0)).toHaveLength(50)
    expect(quick.startsMs).toBeLessThan(500)
    expect(quick.starts).toEqual(quick.starts.toSorted((a, b) => a - b))
    // Of iterations that last, none has ended before all have begun: 5 s are taken for one.
    const slow = await startsOf(spread(50, 40_000), { takesMs: 6000 })
    expect(slow.startsMs).toBeCloseTo(4900, 0)
  })

  it('make no user late', async () => {
    const clock = createVirtualClock()
    const { lateStartP99, responseTime } = await run(clock, [scenario((user) => get(user))], {
      model: spread(50, 10_000),
      client: slowServer(clock, 10),
    })
    expect(lateStartP99).toBeLessThan(0.01)
    expect(responseTime.max! / 10).toBeCloseTo(1, 2)
  })

  it('keep vaccination users from being in step, as they are where all begin at once', async () => {
    const even = await extremes(spread(600, 60_000))
    const { starts: _starts, ...together } = spread(600, 60_000)
    const saw = await extremes({ ...together, starts: 'together' })
    // 227 a second on average, with a standard deviation of about 15.
    expect(even.least).toBeGreaterThan(150)
    expect(even.most).toBeLessThan(300)
    expect(saw.most / saw.least).toBeGreaterThan(2 * (even.most / even.least))
  })
})

describe('what an iteration takes', () => {
  it('is the sum of the mean think times, by the weights of the scenarios', () => {
    expect(meanThinkMs(500, [1000, 3000])).toBe(2500)
    // Two of three browse: 1.5 + 3 s; one of three also waits 5 s.
    expect(expectedIterationMs(vaccination)).toBeCloseTo((2 * 4500 + 9500) / 3, 5)
    expect(expectedIterationMs([...vaccination, scenario(async () => {})])).toBeNull()
  })
})

describe('the model of so many users', () => {
  const settings = {
    users: 30,
    duration: 10_000,
    stages: undefined,
    arrivalRate: undefined,
    arrivals: 'constant' as const,
    maxInFlight: 1,
    burst: undefined,
  }

  it('spreads their starts unless a ramp-up is given; 0 lets all begin at once', () => {
    expect(createModel({ ...settings, rampUp: undefined })).toEqual(spread(30, 10_000))
    expect(createModel({ ...settings, rampUp: 0 })).toEqual({ ...spread(30, 10_000), starts: 'together' })
    expect(createModel({ ...settings, rampUp: 2000 })).not.toHaveProperty('starts')
  })

  it('does so at each level that is tried', () => {
    expect(withLevel(spread(30, 10_000), 60, 20_000)).toEqual(spread(60, 20_000))
  })
})
