import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  paceInserts,
  scheduleFromNow,
  type InsertTiming,
  type Pace,
  judgeSchedule,
} from '../../../src/lib/insert-bench/pace.ts'
import { createVirtualClock, type VirtualClock } from '../../support/load/virtual-clock.ts'
import { runInsertBench, type BenchOptions } from '../../../src/lib/insert-bench/run.ts'
import type { BenchTable } from '../../../src/lib/insert-bench/table.ts'
import { checkInsertThreshold, parseInsertThreshold } from '../../../src/lib/insert-bench/insert-thresholds.ts'
import { preciseClock } from '../../../src/lib/base/measure/clock.ts'
import { scheduleMisses } from '../../../src/lib/render/document/insert-bench-screen.ts'
import { thresholdAnswer } from '../../../src/lib/render/document/answers.ts'
import { screenText } from '../../support/reports/rendered.ts'
import type { InsertBenchReport } from '../../../src/lib/record/record.ts'
import { checkpointOf } from '../../support/insert-bench/checkpoints.ts'

/** Inserts that take as long as `service` says, ms, on a virtual clock. */
function paceOn(clock: VirtualClock, service: (index: number, connection: number) => number, rest: Partial<Pace> = {}) {
  const timings: InsertTiming[] = []
  const connections: number[] = []
  const pace: Pace = {
    inserts: 4,
    concurrency: 1,
    dueAt: null,
    clock,
    signal: new AbortController().signal,
    draw: (index, connection) => () =>
      new Promise((resolve) => {
        connections[index] = connection
        clock.schedule(service(index, connection), resolve)
      }),
    onInsert: (timing) => void timings.push(timing),
    turn: async () => {},
    ...rest,
  }
  return { pace, timings, connections }
}

async function finish(clock: VirtualClock, pace: Pace): Promise<number> {
  const done = paceInserts(pace)
  await clock.runAll()
  return done
}

const times = (timings: readonly InsertTiming[]) =>
  timings.map(({ index, startedAt, responseMs, serviceMs }) => [index, startedAt, responseMs, serviceMs])

describe('the closed model', () => {
  it('sends each insert when the one before came back', async () => {
    const clock = createVirtualClock()
    const { pace, timings } = paceOn(clock, (index) => index + 1)
    expect(await finish(clock, pace)).toBe(1 + 2 + 3 + 4)
    expect(times(timings)).toEqual([
      [0, 0, 1, 1],
      [1, 1, 2, 2],
      [2, 3, 3, 3],
      [3, 6, 4, 4],
    ])
  })

  it('keeps as many under way as there are connections', async () => {
    const clock = createVirtualClock()
    // Connection 0 gets the one insert of 10 ms; connection 1 does the other three meanwhile.
    const { pace, timings, connections } = paceOn(clock, (index) => (index === 0 ? 10 : 3), { concurrency: 2 })
    expect(await finish(clock, pace)).toBe(10)
    expect(connections).toEqual([0, 1, 1, 1])
    expect(times(timings)).toEqual([
      [1, 0, 3, 3],
      [2, 3, 3, 3],
      [3, 6, 3, 3],
      [0, 0, 10, 10],
    ])
  })
})

describe('the open model', () => {
  it('counts the wait in line as response time, not as service time', async () => {
    const clock = createVirtualClock()
    // 10 ms apart; the second takes 25 ms, so that the third, due at 20, is sent at 35, and the fourth, due at 30, at 40.
    const { pace, timings } = paceOn(clock, (index) => (index === 1 ? 25 : 5))
    expect(await finish(clock, { ...pace, dueAt: scheduleFromNow(clock, 100) })).toBe(45)
    expect(times(timings)).toEqual([
      [0, 0, 5, 5],
      [1, 10, 25, 25],
      [2, 35, 20, 5],
      [3, 40, 15, 5],
    ])
  })

  it('sends on time on another connection while one is stuck', async () => {
    const clock = createVirtualClock()
    const { pace, timings } = paceOn(clock, (index) => (index === 0 ? 100 : 5), { concurrency: 2 })
    await finish(clock, { ...pace, dueAt: scheduleFromNow(clock, 100) })
    expect(times(timings)).toEqual([
      [1, 10, 5, 5],
      [2, 20, 5, 5],
      [3, 30, 5, 5],
      [0, 0, 100, 100],
    ])
  })

  it('never sends before the time, and response is service plus wait, whatever the inserts take', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 10, max: 1000 }),
        async (services, concurrency, rate) => {
          const clock = createVirtualClock()
          const { pace, timings } = paceOn(clock, (index) => services[index]!, {
            inserts: services.length,
            concurrency,
          })
          const due = (index: number) => (index * 1000) / rate
          await finish(clock, { ...pace, dueAt: scheduleFromNow(clock, rate) })
          expect(timings).toHaveLength(services.length)
          for (const { index, startedAt, responseMs, serviceMs } of timings) {
            expect(serviceMs).toBeCloseTo(services[index]!)
            expect(startedAt).toBeGreaterThanOrEqual(due(index) - 1e-9)
            expect(responseMs).toBeCloseTo(startedAt - due(index) + serviceMs)
          }
        },
      ),
    )
  })
})

describe('an end before the end', () => {
  it('sends no more once the signal aborts, also while it waits for the next to be due', async () => {
    const clock = createVirtualClock()
    const stop = new AbortController()
    const { pace, timings } = paceOn(clock, () => 5, { signal: stop.signal })
    clock.schedule(12, () => stop.abort())
    expect(await finish(clock, { ...pace, dueAt: scheduleFromNow(clock, 100) })).toBe(15)
    expect(timings.map(({ index }) => index)).toEqual([0, 1])
  })

  it('sends nothing at all after the signal', async () => {
    const clock = createVirtualClock()
    const { pace, timings } = paceOn(clock, () => 5, { signal: AbortSignal.abort() })
    expect(await finish(clock, pace)).toBe(0)
    expect(timings).toEqual([])
  })

  it('ends with the error of the insert that failed, after the others came back', async () => {
    const clock = createVirtualClock()
    const { pace, timings } = paceOn(clock, () => 5, { concurrency: 2 })
    const draw: Pace['draw'] = (index, connection) => {
      const insert = pace.draw(index, connection)
      return index === 1 ? () => Promise.reject(new Error('disk full')) : insert
    }
    const [ended] = await Promise.allSettled([paceInserts({ ...pace, draw }), clock.runAll()])
    expect(ended).toMatchObject({ status: 'rejected', reason: new Error('disk full') })
    expect(times(timings)).toEqual([[0, 0, 5, 5]])
  })
})

describe('a schedule', () => {
  it.each([
    // 101 inserts at 1,000/s are due within 100 ms; the slowest took 3 ms.
    [102, 3000, true],
    [108, 3000, true],
    [108.1, 3000, false],
    [500, 3000, false],
    // One that stood still for 400 ms held up the others, and they caught up.
    [500, 400_000, true],
  ])('of 100 ms that took %d ms, its slowest insert %d us, was kept: %s', (elapsedMs, slowestUs, kept) => {
    expect(judgeSchedule(1000, 101, elapsedMs, slowestUs).kept).toBe(kept)
  })

  it('that cannot be reached says what was', () => {
    expect(judgeSchedule(20_000, 1366, 1000, 2000)).toEqual({ asked: 20_000, reached: 1366, kept: false })
  })

  const table: BenchTable = {
    count: async () => 1000,
    requireRoom: async () => {},
    seedTo: async () => {},
    counters: async () => [],
    open: async () => ({
      draw: () => () => new Promise((resolve) => void setTimeout(resolve, 2)),
      controlStatement: 'nothing',
      control: async () => {},
      close: async () => {},
    }),
  }
  const options: BenchOptions = {
    at: [],
    keys: ['ascending'],
    inserts: 40,
    warmup: 0,
    concurrency: 1,
    rate: 20_000,
    clock: preciseClock,
    signal: new AbortController().signal,
    show: (_title, _unit, step) => step(() => {}),
  }

  it('is judged at each size of a benchmark', async () => {
    const [tooFast] = await runInsertBench(table, options)
    expect(tooFast!.schedule).toMatchObject({ asked: 20_000, kept: false })
    expect(tooFast!.schedule!.reached).toBeLessThan(500)
    const [slow] = await runInsertBench(table, { ...options, rate: 20, inserts: 10 })
    expect(slow!.schedule).toMatchObject({ asked: 20, kept: true })
    const [closed] = await runInsertBench(table, { ...options, rate: null })
    expect(closed).not.toHaveProperty('schedule')
  })
})

const schedule = { asked: 20_000, reached: 1366.4, kept: false }

describe('a report', () => {
  const report = {
    checkpoints: [
      checkpointOf({ rows: 1000, schedule }),
      checkpointOf({ rows: 1000, keys: 'random', schedule }),
      checkpointOf({ rows: 2000, schedule: { ...schedule, kept: true } }),
    ],
    thresholds: [
      {
        expression: 'response_time.p99<5ms',
        metric: 'response_time.p99',
        comparator: '<',
        limit: 5,
        actual: 7,
        passed: false,
      },
      { expression: 'rps>=10', metric: 'rps', comparator: '>=', limit: 10, actual: 1366, passed: true },
    ],
  } as unknown as InsertBenchReport

  it('says once for each size that the schedule was not kept, and of each threshold whether it was met', () => {
    expect(scheduleMisses(report)).toEqual([
      'the schedule was not kept at 1,000 rows: 20,000 inserts a second were asked for, 1,366 were reached; response times hold the wait in line, which grew',
    ])
    expect(screenText({ screen: [thresholdAnswer(report.thresholds ?? []).lines] }).split('\n')).toEqual([
      'NOT MET    response_time.p99<5ms (was 7.00 ms)',
      'met        rps>=10 (was 1,366)',
    ])
  })
})

describe('a threshold of an insert benchmark', () => {
  const service = { p50: 90, p95: 95, p99: 99, max: 100, mean: 50 }
  const checkpoints = [
    checkpointOf({ p50: 200, p99: 900, mean: 250, inserts: 100 }),
    checkpointOf({ p50: 300, p99: 700, mean: 500, inserts: 100, serviceTime: service }),
  ]
  const held = (expression: string, measured = { checkpoints }) =>
    checkInsertThreshold(parseInsertThreshold(expression), measured)

  it.each([
    ['response_time.p50<0.3ms', 0.3, false],
    ['response_time.p50<=300us', 0.3, true],
    ['response_time.p99<1s', 0.9, true],
    ['service_time.p99<500us', 0.9, false],
    ['service_time.p50<=200us', 0.2, true],
    // One after the other, at 500 us on average.
    ['rps>=2000', 2000, true],
    ['inserts>200', 200, false],
  ])('%s is held by every size', (expression, actual, passed) => {
    expect(held(expression)).toMatchObject({ expression, actual, passed })
  })

  it('is not met where nothing was measured', () => {
    expect(held('response_time.p50<1s', { checkpoints: [] })).toMatchObject({ actual: null, passed: false })
  })

  it('that is none says which there are', () => {
    expect(() => parseInsertThreshold('failures<1%')).toThrow('response_time.p50')
    expect(() => parseInsertThreshold('rps<5ms')).toThrow('takes none')
  })
})
