import { describe, expect, it } from 'vitest'
import { compareReports } from '../../../src/lib/compare/compare.ts'
import { comparisonSummary } from '../../../src/lib/compare/text.ts'
import type { LoadReport } from '../../../src/lib/reports/record.ts'
import { savedReport } from '../../report-fixtures.ts'

const load = savedReport('load', 'load-baseline.json')
const inserts = savedReport('insert-bench', 'insert-bench-baseline.json')

function withP99(p99: number | null): LoadReport {
  return { ...load, load: { ...load.load, responseTime: { ...load.load.responseTime, p99 } } }
}

const metric = (comparison: ReturnType<typeof compareReports>, name: string) =>
  comparison.metrics.find((candidate) => candidate.name === name)

describe('compareReports', () => {
  it('finds nothing between a report and itself', () => {
    const comparison = compareReports(load, load, 10)
    expect(comparison.passed).toBe(true)
    expect(comparison.differences).toEqual([])
    expect(comparison.metrics.every(({ verdict }) => verdict === 'same')).toBe(true)
  })

  it.each([
    [100, 110, 'same', true, 10],
    [100, 111, 'worse', false, 11],
    [100, 89, 'better', true, -11],
    [0, 5, 'worse', false, null],
  ])('p99 from %d to %d ms is %s', (before, after, verdict, passed, changePercent) => {
    const comparison = compareReports(withP99(before), withP99(after), 10)
    expect(metric(comparison, 'response_time.p99')).toMatchObject({ verdict, changePercent })
    expect(comparison.passed).toBe(passed)
  })

  it('knows that more requests a second are better', () => {
    const slower = { ...load, load: { ...load.load, rps: load.load.rps / 2 } }
    expect(metric(compareReports(load, slower, 10), 'rps')).toMatchObject({ verdict: 'worse', changePercent: -50 })
    expect(compareReports(slower, load, 10).passed).toBe(true)
  })

  it('fails, never passes, where a metric is missing on one side', () => {
    expect(compareReports(load, withP99(null), 10)).toMatchObject({ passed: false })
    expect(compareReports({ ...inserts, checkpoints: [] }, inserts, 10)).toMatchObject({ passed: false })
  })

  it('fails where a run cannot be trusted, whatever its figures', () => {
    const notValid = { ...load, generator: { ...load.generator, valid: false, reasons: ['97% of a core'] } }
    const comparison = compareReports(load, notValid, 10)
    expect(comparison.passed).toBe(false)
    expect(comparison.faults).toEqual(['the candidate is not a valid run: 97% of a core'])
    const lost = { ...load, audit: { ...load.audit!, lost: 2, passed: false } }
    expect(compareReports(lost, load, 10).faults[0]).toContain("the baseline's audit failed: 2 lost")
  })

  it('says what differs between the runs', () => {
    const other = { ...load, seed: 'other', config: { ...load.config, users: '3000' } }
    expect(compareReports(load, other, 10).differences).toEqual(['seed: rushbench and other', 'users: 20 and 3000'])
  })

  it('does not take the order of durability settings for a difference, and knows one that is not set', () => {
    const durability = Object.fromEntries(Object.entries(load.environment.durability).toReversed())
    const other = { ...load, environment: { ...load.environment, durability }, config: { ...load.config, rows: '10k' } }
    expect(compareReports(load, other, 10).differences).toEqual(['rows: not set and 10k'])
    const weaker = { ...load, environment: { ...load.environment, durability: { synchronous: 'off' } } }
    expect(compareReports(load, weaker, 10).differences).toEqual([
      'durability: journal_mode=wal, synchronous=full and synchronous=off',
    ])
    const workload = { ...load, load: { ...load.load, workload: 'tickets' } }
    expect(compareReports(load, workload, 10).differences).toEqual(['workload: vaccination and tickets'])
    const fault = { kind: 'kill-server', atMs: 20_000, lastedMs: 700, detail: 'killed' } as const
    const suffering = { ...load, load: { ...load.load, faults: [fault] } }
    expect(compareReports(load, suffering, 10).differences).toEqual([
      'injected faults: not set and kill-server at 20 s',
    ])
  })

  it('compares what the open model skipped, and says when arrivals were others', () => {
    const model = {
      kind: 'open',
      ratePerSecond: 50,
      arrivals: 'constant',
      durationMs: 10_000,
      maxInFlight: 20,
    } as const
    const open = { ...load, load: { ...load.load, model, iterations: 500, skipped: 0 } }
    const skipping = { ...open, load: { ...open.load, iterations: 400, skipped: 100 } }
    const worse = compareReports(open, skipping, 10)
    expect(metric(worse, 'skipped')).toMatchObject({ baseline: 0, candidate: 0.2, verdict: 'worse', gates: true })
    expect(worse.passed).toBe(false)
    expect(metric(compareReports(load, load, 10), 'skipped')).toBeUndefined()
    const random = { ...open, load: { ...open.load, model: { ...model, arrivals: 'poisson' as const } } }
    expect(compareReports(open, random, 10).differences).toEqual([
      'arrivals: constant, 20 in flight at most and poisson, 20 in flight at most',
    ])
  })

  it('matches insert checkpoints by rows and by the order of keys', () => {
    const [first] = inserts.checkpoints
    const at = (rows: number, p50: number, keys: 'random' | 'append') => ({ ...first!, rows, p50, keys })
    const before = { ...inserts, checkpoints: [at(0, 100, 'random'), at(0, 50, 'append'), at(1000, 200, 'random')] }
    const after = { ...inserts, checkpoints: [at(1000, 300, 'random'), at(0, 49, 'append'), at(0, 105, 'random')] }
    const comparison = compareReports(before, after, 10)
    expect(metric(comparison, 'at 0 rows, random keys: p50')).toMatchObject({ changePercent: 5, verdict: 'same' })
    expect(metric(comparison, 'at 0 rows, append keys: p50')).toMatchObject({ changePercent: -2, verdict: 'same' })
    expect(metric(comparison, 'at 1000 rows, random keys: p50')).toMatchObject({ changePercent: 50, verdict: 'worse' })
    expect(comparison.passed).toBe(false)
  })

  it.each([
    [1000, 901, true],
    [1000, 899, false],
    [1000, 2000, true],
  ])('lets seeding go from %d to %d rows/s: %s', (before, after, passed) => {
    const seed = savedReport('seed', 'seed.json')
    const at = (rowsPerSecond: number) => ({ ...seed, rowsPerSecond })
    expect(compareReports(at(before), at(after), 10).passed).toBe(passed)
  })

  it('gates p50, p95, p99, rps and failures of a load, not single extremes or steps', () => {
    const gating = compareReports(load, load, 10).metrics.filter(({ gates }) => gates)
    expect(gating.map(({ name }) => name)).toEqual([
      'rps',
      'failures',
      'response_time.p50',
      'response_time.p95',
      'response_time.p99',
    ])
  })

  it('refuses reports of different kinds', () => {
    expect(() => compareReports(load, inserts, 10)).toThrow(
      'the baseline is of kind load, the candidate of kind insert-bench',
    )
  })
})

describe('comparisonSummary', () => {
  it('says which side has no value', () => {
    const same = (text: string) => text
    const paint = { good: same, bad: same, faint: same, bold: same }
    const text = comparisonSummary(compareReports(load, withP99(null), 10), 10, paint)
    expect(text).toContain('The candidate has no value for response_time.p99.')
    expect(text).not.toContain('The baseline has no value')
  })

  it('shows both values, the change and the verdict', () => {
    const paint = {
      good: (text: string) => text,
      bad: (text: string) => text,
      faint: (text: string) => text,
      bold: (text: string) => text,
    }
    const text = comparisonSummary(compareReports(withP99(100), withP99(200), 10), 10, paint)
    expect(text).toMatch(/response_time\.p99 +100 ms +200 ms +\+100\.0% +worse/)
    expect(text).toMatch(/Worse than the 10% allowed/)
  })
})

describe('insert benchmarks', () => {
  const stream = {
    keys: 'random' as const,
    inserts: 1000,
    seconds: 2,
    exitInsertsPerSecond: 400,
    buckets: [],
    stallCount: 1,
    stallMs: 300,
    stalls: [],
  }

  it('compares streams by their rates; stalls are shown only', () => {
    const slower = { ...stream, exitInsertsPerSecond: 300, stallMs: 900 }
    const { metrics, passed } = compareReports({ ...inserts, stream }, { ...inserts, stream: slower }, 10)
    expect(metrics.slice(0, 3).map(({ name, baseline, verdict, gates }) => [name, baseline, verdict, gates])).toEqual([
      ['stream, random keys: inserts', 500, 'same', true],
      ['stream, random keys: exit rate', 400, 'worse', true],
      ['stream, random keys: stalls', 300, 'worse', false],
    ])
    expect(passed).toBe(false)
  })

  it('fails on one that was stopped before its time', () => {
    const { faults, passed } = compareReports(inserts, { ...inserts, interrupted: true }, 10)
    expect(faults).toEqual(['the candidate was stopped before its time'])
    expect(passed).toBe(false)
  })
})
