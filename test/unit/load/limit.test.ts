import { describe, expect, it } from 'vitest'
import { holds, parseLimit } from '../../../src/lib/load/limit.ts'
import type { RunResult } from '../../../src/lib/load/result.ts'

const run = {
  requests: 1000,
  failures: 5,
  iterations: 1000,
  skipped: 0,
  responseTime: { p50: 5, p90: 9, p95: 20, p99: 150, p999: 400, max: 500 },
} as RunResult

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

  it('does not take a load for held that was not made, unless that is limited itself', () => {
    const skipping = { ...run, skipped: 10 }
    expect(holds(parseLimit('response_time.p99<200ms'), skipping)).toBe(false)
    expect(holds(parseLimit('response_time.p99<200ms and skipped<2%'), skipping)).toBe(true)
  })
})
