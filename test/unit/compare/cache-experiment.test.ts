import { describe, expect, it } from 'vitest'
import { cacheExperimentTable } from '../../../src/lib/render/document/cache-experiment-table.ts'
import { screenText } from '../../support/reports/rendered.ts'
import { compareSides, type CacheRun, pauseAfter, sidesInTurn } from '../../../src/lib/compare/cache-experiment.ts'
import { savedReport } from '../../support/reports/fixtures.ts'

const saved = savedReport('load', 'load-baseline.json')

function run(side: CacheRun['side'], rps: number, p50: number | null, failures = 0): CacheRun {
  const responseTime = { ...saved.load.responseTime, p50, p95: 20, p99: 40 }
  return { side, report: { ...saved, load: { ...saved.load, rps, requests: 100, failures, responseTime } } }
}

const original = {
  without: { rps: 753, failures: 0.3, p50: null, p95: null, p99: null },
  with: { rps: 1011, failures: 0.02, p50: 100, p95: 1200, p99: 1800 },
}

describe('the order of the runs', () => {
  it('gives both sides the same place on average', () => {
    const placesOf = (side: CacheRun['side']) =>
      sidesInTurn.flatMap((each, place) => (each === side ? [place] : [])).reduce((sum, place) => sum + place, 0)
    expect(placesOf('with')).toBe(placesOf('without'))
    expect(sidesInTurn.filter((side) => side === 'with')).toHaveLength(sidesInTurn.length / 2)
  })

  it.each([
    [2000, 1000],
    [60_000, 6000],
    [3_600_000, 10_000],
  ])('pauses after a run of %d ms for %d ms', (runMs, pauseMs) => expect(pauseAfter(runMs)).toBe(pauseMs))
})

describe('compareSides', () => {
  it('keeps every run, and takes the ratio of the geometric means', () => {
    const runs = [run('without', 100, 8), run('with', 200, 1), run('with', 400, 4), run('without', 200, 2)]
    const [rps, failures, p50] = compareSides(runs, original)
    expect(rps).toMatchObject({ name: 'rps', without: [100, 200], with: [200, 400] })
    expect(rps!.ratio).toBeCloseTo(2)
    expect(rps!.original!.ratio).toBeCloseTo(1.3426)
    expect(p50).toMatchObject({ name: 'p50', without: [8, 2], with: [1, 4], original: { without: null, ratio: null } })
    expect(p50!.ratio).toBeCloseTo(0.5)
    expect(failures).toMatchObject({ without: [0, 0], with: [0, 0], ratio: null })
  })

  it('has no ratio where a run has no figure', () => {
    const runs = [run('without', 100, null), run('with', 200, 1), run('with', 400, 4), run('without', 200, 2)]
    expect(compareSides(runs, original).find(({ name }) => name === 'p50')).toMatchObject({ ratio: null })
  })
})

const textOf = (...given: Parameters<typeof compareSides>): string[] =>
  screenText({ screen: [[cacheExperimentTable(compareSides(...given))]] })
    .replaceAll(/ {2,}/g, '  ')
    .split('\n')

describe('the table of a cache experiment', () => {
  it('shows every run, the ratio, and the original beside them', () => {
    const runs = [run('without', 100, 8, 25), run('with', 200, 1), run('with', 400, null), run('without', 200, 2, 50)]
    expect(textOf(runs, original)).toEqual([
      'cache  without 1  without 2  with 1  with 2  ratio  original without  with  ratio',
      'requests/s  100  200  200  400  2.00  753  1,011  1.34',
      'failures  25%  50%  0%  0%  -  30%  2.00%  0.067',
      'response time p50  8.00 ms  2.00 ms  1.00 ms  -  -  -  100 ms  -',
      'response time p95  20.0 ms  20.0 ms  20.0 ms  20.0 ms  1.00  -  1.20 s  -',
      'response time p99  40.0 ms  40.0 ms  40.0 ms  40.0 ms  1.00  -  1.80 s  -',
    ])
  })

  it('leaves out the original where it was not asked for', () => {
    const runs = [run('without', 100, 8), run('with', 200, 1)]
    expect(textOf(runs, null).slice(0, 2)).toEqual(['cache  without 1  with 1  ratio', 'requests/s  100  200  2.00'])
  })
})
