import { describe, expect, it } from 'vitest'
import type { LoadReport } from '../../../src/lib/reports/record.ts'
import { loadSummary, seedSummary, type Paint } from '../../../src/lib/reports/text.ts'
import { savedReport } from '../../report-fixtures.ts'

const noPaint: Paint = { good: (text) => text, bad: (text) => text, faint: (text) => text, bold: (text) => text }

describe('loadSummary', () => {
  const report = savedReport('load', 'load-baseline.json')

  it('begins with whether the run can be believed and what the audit says', () => {
    const [valid, audit] = loadSummary(report, noPaint, 'the original').trim().split('\n')
    expect(valid).toMatch(/^valid {6}the generator kept up/)
    expect(audit).toMatch(/^audit ok {3}\d+ bookings acknowledged: 0 lost, 0 doubled, 0 slots oversold$/)
    expect(loadSummary(report, noPaint, 'the original')).toContain('calendar month 1')
    expect(loadSummary(report, noPaint, 'the original')).toMatch(/the original$/m)
  })

  it('does not hide what went wrong', () => {
    const bad: LoadReport = {
      ...report,
      load: { ...report.load, failures: 3, failureReasons: { timeout: 3 }, interrupted: true },
      generator: { ...report.generator, valid: false, reasons: ['the generator used 97% of a core (limit 90%)'] },
      audit: {
        acknowledged: 10,
        lost: 1,
        duplicate: 0,
        oversold: 0,
        unknownCommitted: 2,
        passed: false,
        violations: [{ kind: 'lost', key: 'LOVELACE-ADA', detail: 'acknowledged as x, not in the table' }],
      },
      thresholds: [
        { expression: 'failures<1%', metric: 'failures', comparator: '<', limit: 0.01, actual: 0.05, passed: false },
        {
          expression: 'steps[x].p99<1s',
          metric: 'steps[x].p99',
          comparator: '<',
          limit: 1000,
          actual: null,
          passed: false,
        },
      ],
    }
    const text = loadSummary(bad, noPaint, null)
    expect(text).toContain('NOT VALID  the generator used 97% of a core')
    expect(text).toContain('AUDIT      10 bookings acknowledged: 1 lost')
    expect(text).toContain('2 stored without an answer')
    expect(text).toContain('lost: LOVELACE-ADA, acknowledged as x, not in the table')
    expect(text).toContain('NOT MET    failures<1% (was 5.00%)')
    expect(text).toContain('NOT MET    steps[x].p99<1s (was never measured)')
    expect(text).toContain('stopped    before its time')
    expect(text).toMatch(/failures {3}3 \(.*\): timeout 3/)
    expect(loadSummary({ ...report, audit: null }, noPaint, null)).toContain('no audit')
  })

  it('says of the open model what was asked for and what could not start', () => {
    const model = { kind: 'open', ratePerSecond: 1000, arrivals: 'poisson', durationMs: 60_000, maxInFlight: 500 } as const
    const open: LoadReport = { ...report, load: { ...report.load, model, users: 500, iterations: 59_400, skipped: 600 } }
    const text = loadSummary(open, noPaint, null)
    expect(text).toContain('1,000 iterations a second (poisson arrivals), 500 in flight at most, ')
    expect(text).toContain('skipped    600 of 60,000 iterations (1.00%): no more than 500 may be in flight')
    expect(text).not.toContain('if every answer were instant')
    const lagging = loadSummary({ ...open, load: { ...open.load, users: 499 } }, noPaint, null)
    expect(lagging).toContain('(1.00%): they were due when the run ended')
    const none = loadSummary({ ...open, load: { ...open.load, skipped: 0 } }, noPaint, null)
    expect(none).toContain('skipped    0 of 59,400 iterations')
  })

  it('says that users came and went by stages', () => {
    const stages = [1000, 3000, 0].map((users) => ({ durationMs: 30_000, users }))
    const load = { ...report.load, users: 3000, model: { kind: 'closed', stages } } as const
    expect(loadSummary({ ...report, load: { ...load, model: { kind: 'closed', stages } } }, noPaint, null)).toContain(
      'up to 3,000 users, ',
    )
    expect(loadSummary(report, noPaint, null)).not.toContain('up to')
  })

  it('says what was made to go wrong', () => {
    const faults = [
      { kind: 'kill-server', atMs: 20_004, lastedMs: 612, detail: 'killed by SIGKILL and started again' },
    ] as const
    const text = loadSummary({ ...report, load: { ...report.load, faults: [...faults] } }, noPaint, null)
    expect(text).toContain('fault      kill-server at 20 s for 612 ms: killed by SIGKILL and started again\n')
    expect(loadSummary(report, noPaint, null)).not.toContain('fault  ')
  })

  it('keeps hostile names from steering the terminal', () => {
    const [step] = report.load.steps
    const hostile: LoadReport = {
      ...report,
      load: { ...report.load, steps: [{ ...step!, name: '\u001b[2Jevil\nrow' }] },
    }
    expect(loadSummary(hostile, noPaint, null)).toContain('evil row')
    expect(loadSummary(hostile, noPaint, null)).not.toContain('\u001b')
  })
})

describe('loadSummary, on a threshold', () => {
  it.each([
    ['requests', 87, '87'],
    ['rps', 7.25, '7.25'],
    ['outcomes.booked', 1200, '1,200'],
    ['response_time.p99', 1234, '1.23 s'],
    ['steps[book].p95', 0.5, '500 us'],
    ['failures', 0.000_01, '<0.01%'],
    ['skipped', 0.015, '1.50%'],
  ])('shows %s of %d as %s', (metric, actual, expected) => {
    const threshold = { expression: 'as given', metric, comparator: '<' as const, limit: 1, actual, passed: true }
    const report = { ...savedReport('load', 'load-baseline.json'), thresholds: [threshold] }
    expect(loadSummary(report, noPaint, null)).toContain(`met        as given (was ${expected})`)
  })
})

describe('seedSummary', () => {
  it('says how fast, by which way, and how durable', () => {
    const text = seedSummary({
      ...savedReport('seed', 'seed.json'),
      rows: 1_000_000,
      seconds: 2.5,
      rowsPerSecond: 400_000,
      maxRssMb: 91.4,
    })
    expect(text).toBe(
      '1,000,000 rows in 2.5 s: 400,000 rows/s, 91 MB of memory\nby one-buffer (synchronous=full)',
    )
  })
})
