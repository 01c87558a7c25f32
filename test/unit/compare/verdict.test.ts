import { describe, expect, it } from 'vitest'
import type { MetricResult } from '../../../src/lib/compare/examine.ts'
import type { Metric } from '../../../src/lib/compare/metrics.ts'
import { verdictOf } from '../../../src/lib/compare/compare-metrics.ts'

const latency: Metric = {
  key: 'p50',
  name: 'p50',
  value: 100,
  better: 'lower',
  unit: 'ms',
  gates: true,
  sampling: { kind: 'figure' },
}
const rate: Metric = { ...latency, better: 'higher', unit: 'per second' }
const failures: Metric = { ...latency, unit: 'share', sampling: { kind: 'share', part: 1, all: 1000 } }
const rule = { minEffect: 0.05, falseAlarms: 0.02 }

function result(value: number, change: Partial<MetricResult> = {}): MetricResult {
  const effect = { value, low: value - 0.02, high: value + 0.02 }
  return { baseline: 100, candidate: 100, effect, p: 0.001, rankP: 0.001, noise: 0.02, detectable: 0.04, ...change }
}

describe('verdictOf', () => {
  it.each([
    [latency, result(0.1), 'worse'],
    [latency, result(-0.1), 'better'],
    [rate, result(0.1), 'better'],
    [rate, result(-0.1), 'worse'],
    // 5% more is undone by 4.8% less.
    [latency, result(0.05), 'worse'],
    [latency, result(-0.048), 'better'],
    [latency, result(-0.047), 'inconclusive'],
    [latency, result(0.02), 'same'],
    [latency, result(0.04), 'inconclusive'],
  ])('of a %j: %j', (metric, found, verdict) => expect(verdictOf(metric, found, rule)).toBe(verdict))

  it('takes a probability and a rank test that agree', () => {
    expect(verdictOf(latency, result(0.1, { p: 0.03 }), rule)).toBe('inconclusive')
    expect(verdictOf(latency, result(0.1, { rankP: 0.03 }), rule)).toBe('inconclusive')
    expect(verdictOf(latency, result(0.1, { rankP: null }), rule)).toBe('worse')
  })

  it('counts failures from one in a thousand, or from the smallest change that matters of many', () => {
    const of = (difference: number, baseline: number) =>
      verdictOf(failures, result(difference, { baseline, rankP: null }), rule)
    expect(of(0.0009, 0)).toBe('same')
    expect(of(0.001, 0)).toBe('worse')
    expect(of(0.009, 0.2)).toBe('same')
    expect(of(0.011, 0.2)).toBe('worse')
    expect(of(-0.011, 0.2)).toBe('better')
    expect(verdictOf(failures, result(0.01, { baseline: 0, p: 0.5 }), rule)).toBe('inconclusive')
  })
})
