import { describe, expect, it } from 'vitest'
import { describeHistory, hasWorsened } from '../../../src/lib/compare/history.ts'
import { createRandom } from '../../../src/lib/base/random.ts'
import { historyDocument } from '../../../src/lib/render/document/history-document.ts'
import { gaussian } from '../../../src/lib/base/stats/bootstrap.ts'
import { savedReport } from '../../support/reports/fixtures.ts'
import { screenText } from '../../support/reports/rendered.ts'

const historyText = (history: Parameters<typeof historyDocument>[0]) => screenText(historyDocument(history))

const seed = savedReport('seed', 'seed.json')

const random = createRandom('history')

/** A run each day, with 1% of noise about the rate of that day. */
function runs(rates: readonly number[]) {
  return rates.map((rate, day) => ({
    ...seed,
    startedAt: new Date(Date.UTC(2026, 0, 1 + day)).toISOString(),
    rowsPerSecond: rate * (1 + 0.01 * gaussian(random)),
  }))
}

const steps = (...lengths: readonly [rate: number, days: number][]) =>
  lengths.flatMap(([rate, days]) => Array.from({ length: days }, () => rate))

describe('describeHistory', () => {
  it('finds from which run on a level is another, whatever the order of the files', () => {
    const reports = runs(steps([1000, 10], [800, 10], [900, 10]))
    const { metrics, runs: count } = describeHistory(reports.toReversed(), { minEffect: 0.05 })
    expect(count).toBe(30)
    expect(metrics.map(({ name }) => name)).toEqual(['rows per second'])
    const [rate] = metrics
    expect(rate!.changes.map(({ run, verdict }) => [run, verdict])).toEqual([
      [10, 'worse'],
      [20, 'better'],
    ])
    expect(rate!.changes[0]!.before).toBeCloseTo(1000, -2)
    expect(rate!.runs[0]!.startedAt).toBe('2026-01-01T00:00:00.000Z')
  })

  it('sees a drift of which no step would be seen', () => {
    const drifting = runs(Array.from({ length: 40 }, (_, day) => 1000 * 0.995 ** day))
    const changes = describeHistory(drifting, { minEffect: 0.05 }).metrics[0]!.changes
    expect(changes.length).toBeGreaterThan(0)
    expect(changes.every(({ verdict }) => verdict === 'worse')).toBe(true)
  })

  it('leaves out loads that failed, whose answers were quick for nothing', () => {
    const load = savedReport('load', 'load-baseline.json')
    const failures = load.load.requests
    const gone = { ...load, load: { ...load.load, failures, failureReasons: { 'status 404': failures } } }
    const history = describeHistory([load, gone, load], { minEffect: 0.05 })
    expect(history).toMatchObject({ runs: 2, leftOut: 0, failed: 1 })
    expect(historyText(history)).toContain('2 runs; 1 in which the load failed is left out')
  })

  it('leaves out what is not like the latest run', () => {
    const reports = runs(steps([1000, 5], [500, 5])).map((report, i) => (i < 5 ? { ...report, seed: 'other' } : report))
    const load = { ...savedReport('load', 'load-baseline.json'), startedAt: reports[0]!.startedAt }
    expect(describeHistory([...reports, load], { minEffect: 0.05 })).toMatchObject({
      runs: 5,
      leftOut: 6,
      metrics: [{ changes: [] }],
    })
  })

  it('shows the metric that is asked for, and knows which there are', () => {
    const load = savedReport('load', 'load-baseline.json')
    const { metrics } = describeHistory([load], { metric: 'steps[book].p95', minEffect: 0.05 })
    expect(metrics).toMatchObject([{ name: 'steps[book].p95', runs: [{ value: 6.594 }], changes: [] }])
    expect(() => describeHistory([load], { metric: 'p50', minEffect: 0.05 })).toThrow('It has: rps; failures;')
  })

  it('has nothing to say of no runs', () =>
    expect(describeHistory([], { minEffect: 0.05 })).toEqual({
      metrics: [],
      runs: 0,
      leftOut: 0,
      failed: 0,
      notValid: 0,
      latest: 'not valid',
    }))
})

describe('historySummary', () => {
  it('draws the runs and their levels, and says where these change', () => {
    const text = historyText(describeHistory(runs(steps([1000, 10], [800, 10])), { minEffect: 0.05 }))
    expect(text).toContain('20 runs')
    expect(text).toMatch(/●/)
    expect(text).toMatch(/─ level/)
    expect(text).toMatch(/worse from run 11 on \(2026-01-11T00:00:00\.000Z\): 1,00\d\/s to 80\d\/s, -(19|20)\.\d%/)
  })

  it('says so where nothing changed', () => {
    const text = historyText(describeHistory(runs(steps([1000, 10])), { minEffect: 0.05 }))
    expect(text).toMatch(/no change$/)
    expect(text).not.toContain('left out')
  })
})

describe('historyDocument', () => {
  it('says first whether a level fell, then where', () => {
    const document = historyDocument(describeHistory(runs(steps([1000, 10], [800, 10])), { minEffect: 0.05 }))
    expect(document).toMatchObject({ headline: '1 change for the worse', grade: 'bad' })
    expect(document.subject).toBe('20 runs, from 2026-01-01T00:00:00.000Z to 2026-01-20T00:00:00.000Z')
    const [rate] = document.sections
    expect(rate!.table!.rows[0]!.slice(0, 2)).toEqual(['11', '2026-01-11T00:00:00.000Z'])
    expect(rate!.charts[0]!.series.map(({ name, xs }) => [name, xs.length])).toEqual([
      ['run', 20],
      ['level', 20],
    ])
  })

  it('has no level to draw where nothing changed, and nothing at all of no runs', () => {
    const steady = historyDocument(describeHistory(runs(steps([1000, 10])), { minEffect: 0.05 }))
    expect(steady).toMatchObject({ headline: 'No change', grade: 'good' })
    expect(steady.sections[0]!.charts[0]!.series.map(({ name }) => name)).toEqual(['run'])
    expect(
      historyDocument({ metrics: [], runs: 0, leftOut: 0, failed: 0, notValid: 0, latest: 'not valid' }).sections,
    ).toEqual([])
  })
})

describe('hasWorsened', () => {
  it.each([
    [steps([1000, 10], [800, 10]), true],
    [steps([1000, 10], [800, 10], [1000, 10]), false],
    [steps([800, 10], [1000, 10]), false],
    [steps([1000, 10]), false],
  ])('looks at the latest change: %j', (rates, worse) =>
    expect(hasWorsened(describeHistory(runs(rates), { minEffect: 0.05 }))).toBe(worse),
  )
})

describe('a history that ends with a load that failed', () => {
  it('has worsened, though its figures are left out', () => {
    const load = savedReport('load', 'load-baseline.json')
    const all = { ...load.load, failures: load.load.requests }
    const failed = { ...load, load: all, startedAt: '2027-01-01T00:00:00Z' }
    const history = describeHistory([load, failed], { minEffect: 0.05 })
    expect(history).toMatchObject({ runs: 1, failed: 1, latest: 'failed' })
    expect(historyText(history)).toMatch(/no change\n\nThe latest load failed\.$/)
    expect(historyText(describeHistory([failed], { minEffect: 0.05 }))).toMatch(
      /^0 runs; 1 in which the load failed is left out\n[^]*no run to show\n\nThe latest load failed\.$/,
    )
    expect(hasWorsened(history)).toBe(true)
    const over = { ...load, startedAt: '2027-01-02T00:00:00Z' }
    expect(hasWorsened(describeHistory([failed, over], { minEffect: 0.05 }))).toBe(false)
  })
})

describe('runs that are not valid', () => {
  const load = savedReport('load', 'load-baseline.json')
  const late = { ...load, generator: { ...load.generator, valid: false, reasons: ['97% of a core'] } }

  it('are no part of a history, also when they are the latest', () => {
    const later = { ...late, startedAt: '2027-01-01T00:00:00Z', seed: 'another' }
    const history = describeHistory([load, late, later], { minEffect: 0.05 })
    expect(history).toMatchObject({ runs: 1, leftOut: 0, notValid: 2, latest: 'not valid' })
    expect(historyText(history)).toMatch(
      /^1 run; 2 that are not valid are left out\n[^]*\n\nThe latest run is not valid\.$/,
    )
    expect(historyDocument(history).answers[1]!.detail).toBe('2 that are not valid are left out.')
  })
})
