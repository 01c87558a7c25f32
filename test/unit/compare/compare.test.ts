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

  it('refuses reports of different kinds', () => {
    expect(() => compareReports(load, inserts, 10)).toThrow(
      'the baseline is of kind load, the candidate of kind insert-bench',
    )
  })
})

describe('comparisonSummary', () => {
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
