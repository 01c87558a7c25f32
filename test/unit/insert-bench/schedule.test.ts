import { describe, expect, it } from 'vitest'
import { runInsertBench, type BenchOptions } from '../../../src/lib/insert-bench/run.ts'
import { judgeSchedule } from '../../../src/lib/insert-bench/schedule.ts'
import type { BenchTable } from '../../../src/lib/insert-bench/table.ts'
import { checkInsertThreshold, parseInsertThreshold } from '../../../src/lib/insert-bench/thresholds.ts'
import { preciseClock } from '../../../src/lib/base/measure/clock.ts'
import { thresholdAnswer } from '../../../src/lib/render/document/answers.ts'
import { scheduleMisses } from '../../../src/lib/render/document/insert-bench-screen.ts'
import type { InsertBenchReport } from '../../../src/lib/record/record.ts'
import { checkpointOf } from '../../support/insert-bench/checkpoints.ts'
import { screenText } from '../../support/reports/rendered.ts'

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
    keys: ['append'],
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
