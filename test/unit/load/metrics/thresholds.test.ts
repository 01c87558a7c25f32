import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RushbenchError } from '../../../../src/lib/base/errors/errors.ts'
import type { RunResult } from '../../../../src/lib/load/metrics/result.ts'
import { checkThreshold, parseThreshold } from '../../../../src/lib/load/metrics/thresholds.ts'

const none = { p50: null, p90: null, p95: null, p99: null, p999: null, max: null }
const run: RunResult = {
  requests: 1000,
  failures: 10,
  failureReasons: {},
  errors: 33,
  errorReasons: {},
  reconnected: 0,
  droppedTexts: 0,
  responseTime: { p50: 5, p90: 9, p95: 20, p99: 250, p999: 400, max: 500 },
  serviceTime: none,
  steps: [
    {
      name: 'book it',
      requests: 1,
      failures: 0,
      rps: 1,
      meanBytes: 0,
      responseTime: { ...none, p95: 0.5 },
      serviceTime: none,
    },
  ],
  statements: [],
  retries: {},
  timeline: [],
  slices: { seconds: 1, responseTimes: [] },
  afterEnd: 0,
  startsMs: 0,
  lateStartP50: null,
  lateStartP99: 1,
  users: 10,
  iterations: 990,
  skipped: 10,
  full: true,
  seconds: 10,
  rps: 100,
  idealRps: 100,
  outcomes: { booked: 3, conflict: 0, failed: 0, unknown: 0 },
  interrupted: false,
}

describe('thresholds', () => {
  it.each([
    ['response_time.p99<500ms', true, 250],
    ['response_time.p99<0.25s', false, 250],
    ['response_time.p99<=0.25s', true, 250],
    ['response_time.p50 < 4999 us', false, 5],
    ['failures<1%', false, 0.01],
    ['failures<=1%', true, 0.01],
    ['response_time.p95<20000us', false, 20],
    ['rps>=100', true, 100],
    ['requests>1000', false, 1000],
    ['iterations>=990', true, 990],
    ['errors<3%', false, 33 / 990],
    ['errors<=4%', true, 33 / 990],
    ['skipped<1%', false, 0.01],
    ['skipped<=1%', true, 0.01],
    ['outcomes.booked>=3', true, 3],
    ['steps[book it].p95<1ms', true, 0.5],
  ])('%s', (expression, passed, actual) => {
    expect(checkThreshold(parseThreshold(expression), run)).toMatchObject({ expression, passed, actual })
  })

  it.each(['service_time.p99<1s', 'steps[book it].p50<1s', 'steps[no such step].p99<1s'])(
    'fails where nothing was measured: %s',
    (expression) =>
      expect(checkThreshold(parseThreshold(expression), run)).toMatchObject({ actual: null, passed: false }),
  )

  it.each(['failures<1%', 'errors<1%', 'skipped<1%', 'response_time.p99<1s'])(
    'fails in a run that did nothing: %s',
    (expression) => {
      const idle = { ...run, requests: 0, failures: 0, iterations: 0, skipped: 0, errors: 0, responseTime: none }
      expect(checkThreshold(parseThreshold(expression), idle)).toMatchObject({ actual: null, passed: false })
    },
  )

  it.each([
    ['', 'cannot be read'],
    ['p99<500ms', 'response_time.p99'],
    ['response_time.p99<500', 'needs another unit: response_time.p99 takes us, ms, s'],
    ['failures<5', 'takes %'],
    ['rps>=10ms', 'takes none'],
    ['response_time.p99<-5ms', 'cannot be read'],
    ['__proto__<5', 'cannot be read'],
    [`rps<${'9'.repeat(400)}`, 'cannot be read'],
  ])('refuses %j and says what is allowed', (expression, part) => {
    expect(() => parseThreshold(expression)).toThrow(part)
  })

  it('draws the line exactly where it is written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), (n) => {
        const exact = { ...run, requests: 100_000, failures: n, responseTime: { ...none, p99: n / 1000 } }
        for (const metric of [`failures@${n / 1000}%`, `response_time.p99@${n}us`]) {
          expect(checkThreshold(parseThreshold(metric.replace('@', '<=')), exact).passed).toBe(true)
          expect(checkThreshold(parseThreshold(metric.replace('@', '<')), exact).passed).toBe(false)
        }
      }),
      { examples: [[9], [35_000], [57_000]] },
    )
  })

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z_.[\]]*[<>]=?[0-9.]*[a-z%]*$/)), (text) => {
        try {
          parseThreshold(text)
        } catch (error) {
          expect(error).toBeInstanceOf(RushbenchError)
        }
      }),
    )
  })
})
