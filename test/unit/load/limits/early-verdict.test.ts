import { describe, expect, it } from 'vitest'
import { failsAnyway, type RunSoFar } from '../../../../src/lib/load/limits/early-verdict.ts'
import { parseLimit } from '../../../../src/lib/load/limits/limit.ts'
import { createRecorder } from '../../../../src/lib/load/metrics/recorder.ts'
import { createMetricsTotal } from '../../../../src/lib/load/metrics/interval-metrics.ts'
import { healthOf } from '../../../support/load/generator-health.ts'
import { arrivals, users } from '../../../support/load/virtual-run.ts'

interface Given {
  /** Requests that were answered in 1 ms, and those that took a second. */
  readonly fast?: number
  readonly slow?: number
  readonly failures?: number
  readonly errors?: number
  readonly skipped?: number
  readonly iterations?: number
  readonly seconds?: number
  readonly userMs?: number
  readonly cpuPercent?: number
}

function soFar({ fast = 0, slow = 0, failures = 0, errors = 0, skipped = 0, cpuPercent = 10, ...given }: Given) {
  const recorder = createRecorder()
  for (let index = 0; index < fast + slow; index++) {
    const ended = index < fast ? 1 : 1000
    const failure = index < failures ? 'status 500' : null
    recorder.record({ step: 'get', due: 0, sent: 0, ended, bytes: 0, failure })
  }
  for (let index = 0; index < errors; index++) recorder.recordError('no basket')
  for (let index = 0; index < skipped; index++) recorder.recordSkipped()
  const recorded = createMetricsTotal()
  recorded.add(recorder.take(1))
  const { iterations = fast + slow, seconds = 10, userMs = 0 } = given
  const progress = { seconds, elapsedSeconds: seconds, users: 1, full: false, iterations, userMs, waitedMs: 0 }
  return { recorded, progress: [progress], threads: [healthOf({ cpuPercent })] } satisfies RunSoFar
}

/** 1,000 arrivals in 100 s: after 100 of them, 900 are to come, and twice as many are reckoned with: 1,900 in all. */
const open = arrivals(10, { durationMs: 100_000 })
/** The same of users: 10,000 ms of 100,000. */
const closed = users(10, 10_000)

describe('failsAnyway', () => {
  it.each<[string, string, Given, Given]>([
    // 19 of 1,900 are 1%.
    ['failures', 'failures<1%', { fast: 100, failures: 18 }, { fast: 100, failures: 19 }],
    ['failures that may be as many', 'failures<=1%', { fast: 100, failures: 19 }, { fast: 100, failures: 20 }],
    ['errors', 'errors<1%', { fast: 100, errors: 18 }, { fast: 100, errors: 19 }],
    ['errors that no condition names', 'rps>1', { fast: 100, errors: 19 }, { fast: 100, errors: 20 }],
    ['slow answers', 'response_time.p99<200ms', { fast: 82, slow: 18 }, { fast: 80, slow: 20 }],
    ['slow answers of a step', 'steps[get].p99<200ms', { fast: 82, slow: 18 }, { fast: 80, slow: 20 }],
    ['slow service', 'service_time.p95<200ms', { fast: 6, slow: 94 }, { fast: 4, slow: 96 }],
    ['a single answer', 'response_time.max<200ms', { fast: 100 }, { fast: 99, slow: 1 }],
    ['skipped iterations', 'rps>1', { fast: 100 }, { fast: 99, skipped: 1 }],
    ['skipped iterations of which some may be', 'skipped<1%', { fast: 82, skipped: 18 }, { fast: 81, skipped: 19 }],
  ])('knows when %s are too many', (_what, expression, undecided, decided) => {
    const limit = parseLimit(expression)
    expect(failsAnyway(limit, open, soFar(undecided))).toBe(false)
    expect(failsAnyway(limit, open, soFar(decided))).toBe(true)
  })

  it('reckons with the users that are yet to begin', () => {
    const limit = parseLimit('failures<1%')
    const given = { fast: 100, failures: 19, seconds: 5 }
    expect(failsAnyway(limit, closed, soFar({ ...given, userMs: 9000 }))).toBe(false)
    expect(failsAnyway(limit, closed, soFar({ ...given, userMs: 10_000 }))).toBe(true)
  })

  it('goes by the time where connections never rest', () => {
    const send = { method: 'GET', path: '/', headers: [], body: Buffer.alloc(0), expect: '200' } as const
    const full = { kind: 'saturation', engine: 'rushbench', connections: 2, requests: null, send } as const
    const limit = parseLimit('failures<1%')
    const given = soFar({ fast: 100, failures: 19, seconds: 10 })
    expect(failsAnyway(limit, { ...full, durationMs: 101_000 }, given)).toBe(false)
    expect(failsAnyway(limit, { ...full, durationMs: 100_000 }, given)).toBe(true)
  })

  it('never knows while the generator cannot keep up, whose trial may say nothing in the end', () => {
    const limit = parseLimit('failures<1%')
    expect(failsAnyway(limit, open, soFar({ fast: 100, failures: 100, cpuPercent: 99 }))).toBe(false)
  })

  it('knows nothing of what a longer run may make up for, nor before anything came', () => {
    expect(failsAnyway(parseLimit('rps>1000'), open, soFar({ fast: 100 }))).toBe(false)
    expect(failsAnyway(parseLimit('failures>1%'), open, soFar({ fast: 100 }))).toBe(false)
    expect(failsAnyway(parseLimit('response_time.p99<1ms and failures<1% and errors<1%'), open, soFar({}))).toBe(false)
    expect(failsAnyway(parseLimit('failures<1%'), closed, soFar({}))).toBe(false)
  })
})
