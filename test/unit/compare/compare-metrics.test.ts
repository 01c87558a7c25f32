import { describe, expect, it } from 'vitest'
import { compareMetrics } from '../../../src/lib/compare/compare-metrics.ts'
import { logFigure } from '../../../src/lib/compare/noise.ts'
import type { Metric } from '../../../src/lib/compare/metrics.ts'
import { createBlockSet, distributionOf } from '../../../src/lib/base/measure/distribution.ts'
import { createRandom } from '../../../src/lib/base/random.ts'

const options = { minEffect: 0.05, paired: true, noise: new Map(), random: createRandom('metrics') }

function figure(key: string, value: number | null, gates = true): Metric {
  return { key, name: key, value, better: 'lower', unit: 'ms', gates, sampling: { kind: 'figure' } }
}

/** Five pairs, each metric 10% slower but for some noise. */
function runsOf(...metrics: readonly { readonly key: string; readonly gates: boolean }[]) {
  const noise = [0, 0.05, -0.02, 0.03, -0.04]
  const side = (factor: number) =>
    noise.map((one) => metrics.map(({ key, gates }) => figure(key, factor === 1 ? 100 : 100 * (factor + one), gates)))
  return { baseline: side(1), candidate: side(1.1) }
}

const gating = (key: string) => ({ key, gates: true })
const shown = (key: string) => ({ key, gates: false })

describe('compareMetrics', () => {
  it('adjusts probabilities for all metrics that gate, and for no others', () => {
    const [alone] = compareMetrics(runsOf(gating('a')), options)
    const [first, second, other] = compareMetrics(runsOf(gating('a'), gating('b'), shown('c')), options)
    expect(first!.p).toBeCloseTo(2 * alone!.p!, 12)
    expect(second!.p).toBeCloseTo(2 * alone!.p!, 12)
    expect(other!.p).toBeCloseTo(alone!.p!, 12)
    expect(first!.detectable!).toBeGreaterThan(alone!.detectable!)
  })

  it('says the same whatever stands beside a metric, and whenever it is asked', () => {
    const effects = [runsOf(gating('a')), runsOf(gating('b'), gating('a'))].map(
      (runs) => compareMetrics(runs, options).find(({ name }) => name === 'a')!.effect,
    )
    expect(effects[0]).toEqual(effects[1])
  })

  it('calls a metric missing that one run of many has no value for', () => {
    const runs = runsOf(gating('a'))
    const silent = { ...runs, candidate: [...runs.candidate.slice(1), [figure('a', null)]] }
    expect(compareMetrics(silent, options)).toMatchObject([
      { verdict: 'missing', gates: true, baseline: 100, effect: null },
    ])
  })

  it('has no verdict that counts where a run has too few samples for it', () => {
    const runs = runsOf(gating('a'))
    const few = { ...runs, baseline: [...runs.baseline.slice(1), [figure('a', 100, false)]] }
    expect(compareMetrics(few, options)[0]!.gates).toBe(false)
  })
})

describe('logFigure', () => {
  const rising = Array.from({ length: 40 }, (_, i) => 100 + 2 * i)
  const errorOf = (blocks: readonly number[]) => {
    const set = createBlockSet(blocks.map((level) => distributionOf([level, level, level])))
    const metric: Metric = { ...figure('p50', 140), sampling: { kind: 'quantile', q: 0.5, blocks: set } }
    return logFigure(metric, createRandom('error')).error
  }

  it('is less sure of a figure whose blocks resemble their neighbours than of the same blocks in any order', () => {
    const random = createRandom('order')
    const anyOrder = rising.toSorted(() => random.float() - 0.5)
    expect(errorOf(rising)).toBeGreaterThan(1.3 * errorOf(anyOrder))
  })

  it('has the blocks on the scale of the figure, and no error without them', () => {
    const alone = figure('p50', 100)
    expect(logFigure(alone, createRandom('x'))).toEqual({ value: Math.log(100), error: 0, blocks: [] })
    const blocks = createBlockSet([distributionOf([99, 99]), distributionOf([99])])
    const metric: Metric = { ...alone, sampling: { kind: 'quantile', q: 0.5, blocks } }
    const levels = [Math.log(99), Math.log(99)]
    expect(logFigure(metric, createRandom('x'))).toEqual({
      value: Math.log(100),
      error: expect.closeTo(0, 12),
      blocks: levels,
    })
  })
})
