import { describe, expect, it } from 'vitest'
import { holds, parseLimit } from '../../../../src/lib/load/limits/limit.ts'
import type { RunResult } from '../../../../src/lib/load/metrics/result.ts'

const run = {
  requests: 1000,
  failures: 5,
  failureReasons: { timeout: 5 },
  errors: 0,
  errorReasons: {},
  interrupted: false,
  iterations: 1000,
  skipped: 0,
  responseTime: { p50: 5, p90: 9, p95: 20, p99: 150, p999: 400, max: 500 },
} as unknown as RunResult

describe('parseLimit', () => {
  it('reads several conditions, as thresholds are read', () => {
    const { conditions } = parseLimit('response_time.p99<200ms and failures<0.1%')
    expect(conditions.map(({ metric, comparator, limit }) => [metric, comparator, limit])).toEqual([
      ['response_time.p99', '<', 200],
      ['failures', '<', 0.001],
    ])
    expect(() => parseLimit('response_time.p99<200ms or failures<1%')).toThrow('cannot be read')
  })

  it.each([
    ['response_time.p50<1s', 20],
    ['steps[book].p95<1s', 200],
    ['response_time.p99<1s', 1000],
    ['service_time.p999<1s and response_time.p50<1s', 10_000],
    ['failures<0.1%', 3000],
    ['failures<=0%', 1],
    ['rps>5', 1],
  ])('knows how many requests %s needs before it may be said to hold', (expression, requests) => {
    expect(parseLimit(expression).requests).toBe(requests)
  })

  it('knows how many iterations it needs to say how few of them throw', () => {
    expect(parseLimit('errors<0.1% and response_time.p50<1s')).toMatchObject({ requests: 20, iterations: 3000 })
    expect(parseLimit('response_time.p99<1s').iterations).toBe(1)
  })

  it('refuses what grows with the length of a run', () => {
    expect(() => parseLimit('requests>1000')).toThrow('requests grows with the length of a run')
  })
})

describe('holds', () => {
  it('wants all conditions met', () => {
    expect(holds(parseLimit('response_time.p99<200ms and failures<1%'), run)).toBe(true)
    expect(holds(parseLimit('response_time.p99<200ms and failures<0.5%'), run)).toBe(false)
    expect(holds(parseLimit('response_time.p99<100ms and failures<1%'), run)).toBe(false)
  })

  it.each([
    ['no request was made', { requests: 0, failures: 0, failureReasons: {} }],
    ['every request failed', { failures: 1000, failureReasons: { 'status 404': 1000 } }],
    ['too many iterations threw', { errors: 11 }],
  ])('does not take a load for held in which %s', (_what, change) => {
    expect(holds(parseLimit('rps<1000'), { ...run, rps: 0, ...change })).toBe(false)
  })

  it('lets a condition decide how many iterations may throw', () => {
    expect(holds(parseLimit('response_time.p99<200ms'), { ...run, errors: 10 })).toBe(true)
    expect(holds(parseLimit('response_time.p99<200ms and errors<5%'), { ...run, errors: 49 })).toBe(true)
    expect(holds(parseLimit('response_time.p99<200ms and errors<5%'), { ...run, errors: 50 })).toBe(false)
  })

  it('does not take a load for held that was not made, unless that is limited itself', () => {
    const skipping = { ...run, skipped: 10 }
    expect(holds(parseLimit('response_time.p99<200ms'), skipping)).toBe(false)
    expect(holds(parseLimit('response_time.p99<200ms and skipped<2%'), skipping)).toBe(true)
  })
})
