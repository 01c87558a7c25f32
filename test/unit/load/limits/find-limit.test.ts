import { describe, expect, it } from 'vitest'
import { findLimit, type LimitFound, type LimitSearch, type Trial } from '../../../../src/lib/load/limits/find-limit.ts'
import { judgeThreads } from '../../../../src/lib/load/metrics/generator-verdict.ts'
import { parseLimit } from '../../../../src/lib/load/limits/limit.ts'
import { durationOf, levelOf, type LoadModel } from '../../../../src/lib/load/engine/model.ts'
import { createVirtualClock } from '../../../support/load/virtual-clock.ts'
import { arrivals, get, run, scenario, slowServer, users } from '../../../support/load/virtual-run.ts'
import { healthOf } from '../../../support/load/generator-health.ts'

const healthy = healthOf()
const saturated = { ...healthy, cpuPercent: 99 }

const noTrial: (trial: Trial) => void = () => {}

/** Looks for the limit of a server that takes 10 ms for each answer, and one that works at nothing else meanwhile. */
async function search(
  model: LoadModel,
  expression: string,
  {
    signal = new AbortController().signal,
    generatorCannot = (_level: number): boolean => false,
    throws = (_level: number): boolean => false,
    onTrial = noTrial,
  } = {},
): Promise<{ found: LimitFound; durations: number[] }> {
  const durations: number[] = []
  const runModel: LimitSearch['runModel'] = async (level, isDecided) => {
    durations.push(durationOf(level))
    const clock = createVirtualClock()
    let freeAt = 0
    const queue = (now: number): number => (freeAt = Math.max(freeAt, now) + 10) - now
    const client = slowServer(clock, queue)
    const once = scenario(async (user) => {
      if (level.kind === 'closed') await user.think(990)
      if (throws(levelOf(level))) throw new Error('no basket')
      await get(user)
    })
    const result = await run(clock, [once], { model: level, client, signal, isDecided })
    const threads = [generatorCannot(levelOf(level)) ? saturated : healthy]
    return { model: level, result, threads, workers: [], verdict: judgeThreads(threads), decided: result.decided }
  }
  const clock = createVirtualClock()
  const finding = findLimit({
    limit: parseLimit(expression),
    model,
    highest: Infinity,
    clock,
    signal,
    runModel,
    onTrial,
  })
  let ended = false
  void finding.finally(() => (ended = true))
  while (!ended) {
    await clock.runAll()
    await new Promise((turn) => void setImmediate(turn))
  }
  return { found: await finding, durations }
}

describe('findLimit', () => {
  it('finds the rate that a server can take, and reports its last run', async () => {
    const { found } = await search(arrivals(20, { durationMs: 5000 }), 'response_time.p95<100ms')
    // It takes 100 a second, and a little more for a while before its queue is 100 ms long.
    expect(found.held!.level).toBeGreaterThan(90)
    expect(found.held!.level).toBeLessThan(103)
    expect(found.failed!.level).toBeLessThanOrEqual(found.held!.level * 1.1)
    expect([found.held!.trials, found.failed!.trials]).toEqual([3, 3])
    expect(found.run.model).toMatchObject({ ratePerSecond: found.held!.level })
    expect(found.run.result.responseTime.p95).toBeLessThan(100)
    expect(found.obstacles).toEqual([])
  })

  it('finds the users that a server can take', async () => {
    const { found } = await search(users(10, 10_000), 'response_time.p90<2s')
    // n users who think for 0.99 s and come round in n * 10 ms once the server is full wait (n - 99) * 10 ms.
    expect(found.held!.level).toBeGreaterThan(250)
    expect(found.failed!.level).toBeLessThan(340)
  })

  it('runs a trial for longer when its requests are too few for what is claimed', async () => {
    const { found, durations } = await search(arrivals(20, { durationMs: 2000 }), 'response_time.p99<100ms')
    // 1,000 requests at 20, 40, 80 a second, with a fifth to spare.
    expect(durations.slice(0, 4)).toEqual([2000, 60_000, 30_000, 15_000])
    expect(
      found.trials.filter(({ outcome }) => outcome === 'held').every((trial) => trial.run.result.requests >= 1000),
    ).toBe(true)
  })

  it('has the last trial of all to show where nothing holds', async () => {
    const { found } = await search(arrivals(4, { durationMs: 5000 }), 'response_time.p50<1ms')
    expect(found.held).toBeNull()
    expect(found.failed).toEqual({ level: 1, held: 0, trials: 3 })
    expect(found.run.model).toMatchObject({ ratePerSecond: 1 })
  })

  it('takes no level for held at which iterations throw, however fast its answers are', async () => {
    const model = arrivals(4, { durationMs: 5000 })
    const { found } = await search(model, 'response_time.p50<1s', { throws: (level) => level > 10 })
    expect([found.held?.level, found.failed?.level]).toEqual([10, 11])
    const { found: none, durations } = await search(model, 'rps<1000', { throws: () => true })
    expect(none.held).toBeNull()
    // A trial without a request says nothing of how long the next has to be.
    expect(Math.max(...durations)).toBe(5000)
  })

  it('ends a trial once too many iterations have thrown for what is yet to come to make up for it', async () => {
    const model = arrivals(4, { durationMs: 60_000 })
    const { found } = await search(model, 'errors<1%', { throws: (level) => level > 6 })
    const seconds = (outcome: string): number[] => [
      ...new Set(found.trials.filter((trial) => trial.outcome === outcome).map((trial) => trial.run.result.seconds)),
    ]
    // 300 iterations at 4 a second take 60 s and more; of all that throw, 2 s are more than 1% of 118 s.
    expect(Math.min(...seconds('held'))).toBe(60)
    expect(seconds('failed')).toEqual([2])
  })

  it('runs a trial for longer when its iterations are too few to say how many throw', async () => {
    const { durations } = await search(arrivals(20, { durationMs: 2000 }), 'response_time.p95<100ms and errors<1%')
    // 300 iterations at 20 a second, with a fifth to spare.
    expect(durations.slice(0, 2)).toEqual([2000, 18_000])
  })

  it('tries whole levels, from 1 on', async () => {
    const { found } = await search(arrivals(0.2, { durationMs: 20_000 }), 'response_time.p50<1ms')
    expect(found.trials.map(({ level }) => level)).toEqual([1, 1, 1])
  })

  it('says that the generator could not make more', async () => {
    const model = arrivals(20, { durationMs: 5000 })
    const { found } = await search(model, 'response_time.p50<1s', { generatorCannot: (level) => level > 50 })
    expect([found.held?.level, found.failed]).toEqual([40, null])
    expect(found.obstacles).toEqual(['at 80 iterations a second: the load generator used 99% of a core (limit 90%)'])
  })

  it('says so too when that leaves what it found wide open', async () => {
    const { found } = await search(arrivals(240, { durationMs: 5000 }), 'response_time.p95<100ms', {
      generatorCannot: (level) => level > 60 && level < 120,
    })
    expect([found.held?.level, found.failed?.level]).toEqual([60, 120])
    expect(found.obstacles).toEqual(['at 85 iterations a second: the load generator used 99% of a core (limit 90%)'])
  })

  it('ends with the signal, and keeps what was found by then', async () => {
    const stop = new AbortController()
    const onTrial = ({ level }: Trial) => void (level === 80 && stop.abort())
    const model = arrivals(20, { durationMs: 5000 })
    const { found } = await search(model, 'response_time.p50<1s', { signal: stop.signal, onTrial })
    expect(found.trials.map(({ level }) => level)).toEqual([20, 40, 80])
    expect(found.run.model).toMatchObject({ ratePerSecond: 80 })
    expect(found.run.result.interrupted).toBe(true)
  })
})
