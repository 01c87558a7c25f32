import { describe, expect, it } from 'vitest'
import { readableSeries } from '../../../../src/lib/render/document/chart.ts'
import { documentOf } from '../../../../src/lib/render/render.ts'
import { thinTimeline, wholeSeconds } from '../../../../src/lib/render/document/load-charts.ts'
import { savedReport } from '../../../support/reports/fixtures.ts'
import { badLoad, goodLoad, seeding, streamed, sweep } from '../../../support/reports/samples.ts'
import { junitOf } from '../../../support/reports/rendered.ts'

const charts = (report: Parameters<typeof documentOf>[0]) =>
  documentOf(report).sections.flatMap((section) => section.charts)

describe('documentOf', () => {
  it('says first what came of a load', () => {
    expect(documentOf(goodLoad)).toMatchObject({
      headline: 'Valid, audit passed, 1 of 1 thresholds met',
      grade: 'good',
      subject: expect.stringMatching(/^20 users for 12 s, vaccination on http/),
    })
    expect(documentOf(badLoad)).toMatchObject({
      headline: 'Not valid, audit failed, 2 of 3 thresholds not met, stopped before its time',
      grade: 'bad',
    })
    expect(documentOf({ ...goodLoad, audit: null, thresholds: [] }).headline).toBe('Valid')
    const unaudited = { ...goodLoad, audit: null, auditFailure: 'the server is gone' }
    expect(documentOf(unaudited)).toMatchObject({ headline: 'Could not be audited', grade: 'bad' })
    expect(junitOf(unaudited)).toContain('<failure message="the server is gone"')
  })

  it('never takes a threshold for met that has no samples', () => {
    const threshold = { ...goodLoad.thresholds[0]!, actual: null, passed: true }
    const document = documentOf({ ...goodLoad, thresholds: [threshold] })
    expect(document).toMatchObject({ headline: '1 of 1 thresholds not met', grade: 'bad' })
    expect(document.sections.find(({ title }) => title === 'Thresholds')!.table!.rows).toEqual([
      ['failures<1%', 'never measured', '✕ not met'],
    ])
  })

  it('charts a load over time, and its percentiles where the report has them', () => {
    expect(charts(goodLoad).map(({ title }) => title)).toEqual(['Throughput, failures and users', 'Response time'])
    const spectrum = charts(badLoad).at(-1)!
    expect(spectrum.title).toBe('Percentiles of all requests')
    expect(spectrum.series[0]).toMatchObject({ xs: [1, 2, 10], ys: [1, 2, 30] })
  })

  it('counts what was sent again, if anything was', () => {
    const figure = { label: 'requests sent again', value: '12', note: 'over closed connections at first' }
    expect(documentOf({ ...goodLoad, load: { ...goodLoad.load, reconnected: 12 } }).figures).toContainEqual(
      expect.objectContaining(figure),
    )
    expect(documentOf(goodLoad).figures.map(({ label }) => label)).not.toContain(figure.label)
  })

  it('counts the texts over WebSockets that were dropped, if any were', () => {
    const note = 'over WebSockets: more came than the scenario received'
    const figure = { label: 'texts dropped', value: '12', note }
    expect(documentOf({ ...goodLoad, load: { ...goodLoad.load, droppedTexts: 12 } }).figures).toContainEqual(
      expect.objectContaining(figure),
    )
    expect(documentOf(goodLoad).figures.map(({ label }) => label)).not.toContain(figure.label)
  })

  it('counts what the open model skipped', () => {
    const model = { kind: 'open', ratePerSecond: 9, arrivals: 'constant', durationMs: 12_000, maxInFlight: 5 } as const
    const document = documentOf({ ...goodLoad, load: { ...goodLoad.load, model, iterations: 90, skipped: 10 } })
    const figure = { label: 'iterations skipped', value: '10', note: '10% of 100' }
    expect(document.figures).toContainEqual(expect.objectContaining(figure))
    expect(document.sections[0]!.charts[0]!.series.map(({ name }) => name)).toContain('skipped a second')
  })

  it('shows what went wrong on purpose, in the charts too', () => {
    const faults = [{ kind: 'kill-server' as const, atMs: 4000, lastedMs: 2000, detail: 'killed and started again' }]
    const document = documentOf({ ...goodLoad, load: { ...goodLoad.load, faults } })
    expect(document.sections[0]!.charts[1]!.spans).toEqual([{ name: 'kill-server', from: 4, to: 6, at: 4 }])
    expect(document.sections.find(({ title }) => title === 'Faults on purpose')!.table!.rows).toEqual([
      ['kill-server', '4.0 s', '2.00 s', 'killed and started again'],
    ])
  })

  it('says how much load held a limit', () => {
    const held = { level: 200, held: 3, trials: 3 }
    const limit = { expression: 'failures<1%', raised: 'users' as const, held, failed: null, trials: [] }
    const answer = documentOf({ ...goodLoad, limit }).answers.find(({ question }) => question.startsWith('How much'))
    expect(answer).toMatchObject({ grade: 'plain', answer: '200 users held the limit' })
    expect(answer!.detail).toBe('200 users hold failures<1% (held in 3 of 3 trials), no higher load was measured.')
  })

  it('calls nothing flat where a change as large as p50 would have gone unseen', () => {
    const estimate = (value: number, margin: number) => ({ value, low: value - margin, high: value + margin })
    const flat = { ...sweep.model![0]!, shape: 'flat', level: estimate(300, 5), perDecade: estimate(0, 5) } as const
    const headlineWith = (margin: number) =>
      documentOf({ ...sweep, model: [{ ...flat, change: estimate(0, margin) }] }).headline
    expect(headlineWith(100)).toBe('Flat p50 with random keys')
    expect(headlineWith(200)).toBe('Too noisy to tell growth with random keys')
  })

  it('names the shape of the curve, and draws it with its interval, the knee and the counters', () => {
    expect(documentOf(sweep)).toMatchObject({ headline: 'A knee at 1.18m rows with random keys', grade: 'plain' })
    const [median, tail, counter] = charts(sweep)
    expect(median!.spans).toEqual([
      { name: 'knee at 1.18m, random keys', from: 1_100_000, to: 1_250_000, at: 1_180_000 },
    ])
    expect(median!.bands).toEqual([[0, 1]])
    expect(median!.series.slice(0, 2).map(({ mark }) => mark)).toEqual(['band-edge', 'band-edge'])
    expect(readableSeries(median!).map(({ name }) => name)).toEqual(['random, fitted', 'ascending, p50', 'random, p50'])
    expect(tail!.title).toBe('The tail')
    expect(counter).toMatchObject({ title: 'page reads / insert', size: 'small', summary: 'From 0 to 2.00.' })
  })

  it('draws what was judged flat at its level, whatever the slope of the line that was fitted', () => {
    const level = { value: 300, low: 295, high: 305 }
    const [median] = charts({ ...sweep, model: [{ ...sweep.model![0]!, shape: 'flat', level }] })
    expect(median!.series.slice(0, 3).map(({ name, ys }) => [name, ys])).toEqual([
      ['interval, low', [295, 295]],
      ['interval, high', [305, 305]],
      ['random, fitted', [300, 300]],
    ])
  })

  it('tells of a stream and its stalls', () => {
    expect(documentOf(streamed).headline).toBe('90.0 inserts a second at the end, 2 stalls')
    expect(charts(streamed).map(({ title }) => title)).toEqual([
      'Inserts a second',
      'Latency of an insert',
      'Stalls over time',
    ])
  })

  it('tells of a seeding and of an audit', () => {
    expect(documentOf(seeding)).toMatchObject({ headline: expect.stringMatching(/ rows stored$/), grade: 'good' })
    const audit = savedReport('audit', 'audit.json')
    expect(documentOf(audit).grade).toBe(audit.audit.passed ? 'good' : 'bad')
  })

  it('draws no chart of a single point', () => {
    expect(charts(savedReport('insert-bench', 'insert-bench-baseline.json'))).toEqual([])
    expect(charts({ ...goodLoad, load: { ...goodLoad.load, timeline: goodLoad.load.timeline.slice(0, 1) } })).toEqual(
      [],
    )
  })
})

describe('thinTimeline', () => {
  const row = { users: 5, requests: 10, failures: 1, rps: 10, p50: 1, p95: 2, p99: 3 }

  it('leaves a short run as it is', () => {
    expect(thinTimeline([{ second: 0, ...row }])).toEqual([
      {
        second: 0,
        users: 5,
        rps: 10,
        failuresPerSecond: 1,
        errorsPerSecond: 0,
        skippedPerSecond: 0,
        p50: 1,
        p95: 2,
        p99: 3,
      },
    ])
  })

  it('averages rates and keeps the worst second of a long one', () => {
    const long = Array.from({ length: 801 }, (_, second) => ({ second, ...row, p99: second === 4 ? 99 : null }))
    const windows = thinTimeline(long)
    expect(windows).toHaveLength(267)
    expect(windows[1]).toMatchObject({ second: 3, rps: 10, p99: 99 })
    expect(windows[2]!.p99).toBeNull()
  })

  it('knows how long a last row is, and leaves it out when it is no whole second', () => {
    const rest = (durationMs: number) =>
      thinTimeline(
        wholeSeconds([
          { second: 0, ...row },
          { second: 1, ...row, durationMs },
        ]),
      )
    expect(rest(4000)[1]!.rps).toBe(2.5)
    expect(rest(999)).toHaveLength(1)
  })
})
