import { describe, expect, it } from 'vitest'
import type { LoadReport } from '../../../../src/lib/record/record.ts'
import { savedReport } from '../../../support/reports/fixtures.ts'
import { screenOf } from '../../../support/reports/rendered.ts'

describe('loadDocument', () => {
  const report = savedReport('load', 'load-baseline.json')

  it('compares with instant answers where there is such a rate', () => {
    const phrase = 'of what these users would make if every answer were instant'
    expect(screenOf(report)).toContain(phrase)
    expect(screenOf({ ...report, load: { ...report.load, idealRps: 0 } })).not.toContain(phrase)
  })

  it('begins with whether the run can be believed and what the audit says', () => {
    const [valid, audit] = screenOf(report, 'the original').trim().split('\n')
    expect(valid).toMatch(/^valid {6}the generator kept up/)
    expect(audit).toMatch(/^audit ok {3}\d+ bookings acknowledged: 0 lost, 0 doubled, 0 oversold$/)
    expect(screenOf(report, 'the original')).toContain('calendar month 1')
    expect(screenOf(report, 'the original')).toMatch(/the original$/m)
  })

  it('does not hide what went wrong', () => {
    const bad: LoadReport = {
      ...report,
      load: { ...report.load, failures: 3, failureReasons: { timeout: 3 }, interrupted: true },
      generator: {
        ...report.generator,
        valid: false,
        reasons: ['the load generator used 97% of a core (limit 90%)', 'thread 2 stood still'],
        advice: 'Make less.',
      },
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
    const text = screenOf(bad)
    expect(text).toContain(
      'NOT VALID  the load generator used 97% of a core (limit 90%)\n           thread 2 stood still\n           Make less.\n',
    )
    expect(text).toContain('AUDIT      10 bookings acknowledged: 1 lost')
    expect(text).toContain('2 stored without an answer')
    expect(text).toContain('lost: LOVELACE-ADA, acknowledged as x, not in the table')
    expect(text).not.toContain('the first')
    expect(text).toContain('NOT MET    failures<1% (was 5.00%)')
    expect(text).toContain('NOT MET    steps[x].p99<1s (was never measured)')
    expect(text).toContain('stopped    before its time')
    expect(text).toMatch(/failures {3}3 \(.*\): timeout 3/)
    expect(screenOf({ ...report, audit: null })).toContain('no audit   the database behind the target is not known')
    const onDatabase = { ...report.load, target: 'sqlite:mine.db' }
    expect(screenOf({ ...report, load: onDatabase, audit: null })).toContain(
      'no audit   nobody has said what must hold of the tables (the setting audit says so)',
    )
  })

  it.each([
    ['nothing was measured: no request was made', { requests: 0, failures: 0, failureReasons: {} }],
    ['every request failed: status 404', { failures: report.load.requests, failureReasons: { 'status 404': 9 } }],
  ])('calls nothing valid in which %s', (fault, change) => {
    const text = screenOf({ ...report, load: { ...report.load, ...change } }).trim()
    expect(text.split('\n')[0]).toBe(`FAILED     ${fault}`)
    expect(text).toMatch(/^generator {2}it kept up \(/m)
    expect(text).not.toMatch(/^valid/m)
  })

  it('calls nothing valid that was stopped before its first request, which is no failure either', () => {
    const load = { ...report.load, requests: 0, failures: 0, failureReasons: {}, interrupted: true }
    const text = screenOf({ ...report, load })
    expect(text).not.toMatch(/^(valid|FAILED)/m)
    expect(text).toMatch(/^stopped {4}before its time/m)
  })

  it('says how many iterations threw, and what', () => {
    const load = { ...report.load, iterations: 200, errors: 2, errorReasons: { 'shop: no basket': 2 } }
    const few = screenOf({ ...report, load })
    expect(few).toMatch(/^valid/m)
    expect(few).toMatch(/^errors {5}2 of 200 iterations threw \(1\.00%\): shop: no basket 2$/m)
    const many = screenOf({ ...report, load: { ...load, errors: 100 } })
    expect(many).toMatch(/^FAILED {5}100 of 200 iterations threw \(50%; .*\): shop: no basket$/m)
    expect(screenOf(report)).not.toMatch(/^errors/m)
  })

  it('says so where a scenario was run against an API of our own, as no other was named', () => {
    const own = { ...report, load: { ...report.load, workload: 'shop' }, config: { ...report.config, target: null } }
    const workload = { ...own.config, workload: 'vaccination' }
    expect(screenOf({ ...own, config: workload })).toContain(
      `shop on ${report.load.target} (the built-in API of vaccination, as no --target was given)`,
    )
    const named = { ...workload, target: report.load.target }
    expect(screenOf({ ...own, config: named })).not.toContain('the built-in API')
    const builtIn = { ...own, load: report.load, config: workload }
    expect(screenOf(builtIn)).not.toContain('the built-in API')
  })

  it('says so where it shows only the first of what the audit found', () => {
    const violations = Array.from({ length: 20 }, (_, n) => ({ kind: 'lost', key: `${n}`, detail: 'not there' }))
    const audit = { ...report.audit!, lost: 240, oversold: 5, passed: false, violations }
    expect(screenOf({ ...report, audit })).toMatch(/lost: 19, not there\n +\(the first 20 of 245\)\n/)
  })

  it('says for how long a generator that kept up stood still', () => {
    const generator = { ...report.generator, stalledMs: 250, longestStallMs: 150 }
    expect(screenOf({ ...report, generator })).toContain(' late at p99, still for 150 ms at most, ')
    expect(screenOf(report)).not.toContain('still for')
  })

  it('says how many threads made the load, and how the busiest fared', () => {
    const { cpuPercent, eventLoopLagP99, maxRssMb, lateStartP99 } = report.generator
    const thread = { cpuPercent, eventLoopLagP99, maxRssMb, lateStartP99 }
    const several = { ...report, generator: { ...report.generator, threads: [thread, thread] } }
    expect(screenOf(several)).toContain('the generator kept up (the busiest of 2 threads: ')
  })

  it('says of a single request that its times are service times', () => {
    const model = {
      kind: 'saturation',
      connections: 50,
      requests: null,
      durationMs: 9000,
      request: 'GET /',
      bodyBytes: 0,
    } as const
    const text = screenOf({ ...report, load: { ...report.load, model } })
    expect(text).toMatch(/^50 connections, /m)
    expect(text).toContain(' a second by one request after the other on each connection')
    expect(text).toMatch(/^service time +requests /m)
    expect(text).not.toContain('response time')
  })

  it('says which load holds a limit, how often it did, and what does not', () => {
    const trial = { seconds: 10, requests: 1000, failures: 0, skipped: 0, rps: 100, p50: 1, p95: 2, p99: 3 }
    const limit: NonNullable<LoadReport['limit']> = {
      expression: 'response_time.p99<200ms',
      raised: 'users',
      held: { level: 400, held: 3, trials: 3 },
      failed: { level: 440, held: 1, trials: 3 },
      trials: [
        { ...trial, level: 400, outcome: 'held' },
        { ...trial, level: 800, outcome: 'not valid' },
      ],
    }
    const line = (changes: Partial<typeof limit>) =>
      /^limit +(.*)$/m.exec(screenOf({ ...report, limit: { ...limit, ...changes } }))?.[1]
    expect(line({})).toBe(
      '400 users hold response_time.p99<200ms (held in 3 of 3 trials), 440 do not (held in 1 of 3 trials)',
    )
    expect(line({ failed: null, raised: 'rate' })).toBe(
      '400 iterations a second hold response_time.p99<200ms (held in 3 of 3 trials), no higher load was measured',
    )
    expect(line({ held: null, failed: { level: 1, held: 0, trials: 3 } })).toBe(
      'not even 1 user holds response_time.p99<200ms (held in 0 of 3 trials)',
    )
    expect(line({ held: null, failed: null, trials: [] })).toBe('not found, because no trial came to its end')
    expect(screenOf({ ...report, limit })).toMatch(/^ {2}800 +10 s +1,000 .* 3.00 ms +not valid$/m)
  })

  it('says of the open model what was asked for and what could not start', () => {
    const model = {
      kind: 'open',
      ratePerSecond: 1000,
      arrivals: 'poisson',
      durationMs: 60_000,
      maxInFlight: 500,
    } as const
    const open: LoadReport = {
      ...report,
      load: { ...report.load, model, users: 500, full: true, iterations: 59_400, skipped: 600 },
    }
    const text = screenOf(open)
    expect(text).toContain('1,000 iterations a second (poisson arrivals), 500 in flight at most, ')
    expect(text).toContain('skipped    600 of 60,000 iterations (1.00%): no more than 500 may be in flight')
    expect(text).not.toContain('if every answer were instant')
    const bursts = [{ factor: 10, atMs: 10_000, lengthMs: 1000 }]
    expect(screenOf({ ...open, load: { ...open.load, model: { ...model, bursts } } })).toContain(
      '(poisson arrivals), 10 times as many from 10 s on for 1.0 s, 500 in flight',
    )
    const lagging = screenOf({ ...open, load: { ...open.load, full: false } })
    expect(lagging).toContain('(1.00%): they were due when the run ended')
    const none = screenOf({ ...open, load: { ...open.load, skipped: 0 } })
    expect(none).toContain('skipped    0 of 59,400 iterations')
  })

  it('says how many requests were sent again, and nothing when there were none', () => {
    const line = /^sent again .*$/m
    expect(line.exec(screenOf(report))).toBeNull()
    const again = { ...report, load: { ...report.load, reconnected: 1200 } }
    expect(line.exec(screenOf(again))?.[0]).toBe(
      'sent again 1,200 requests whose kept connections the server had closed',
    )
    const once = { ...report, load: { ...report.load, reconnected: 1 } }
    expect(screenOf(once)).toContain('sent again 1 request whose kept connection the server had closed')
  })

  it('says how many texts over WebSockets were dropped, and nothing when none were', () => {
    const line = /^dropped .*$/m
    expect(line.exec(screenOf(report))).toBeNull()
    const dropped = { ...report, load: { ...report.load, droppedTexts: 1200 } }
    expect(line.exec(screenOf(dropped))?.[0]).toBe(
      'dropped    1,200 texts over WebSockets: more came than the scenario received',
    )
  })

  it('speaks of one user as one', () => {
    expect(screenOf({ ...report, load: { ...report.load, users: 1 } })).toMatch(/^1 user, /m)
  })

  it('says that users came and went by stages', () => {
    const stages = [1000, 3000, 0].map((users) => ({ durationMs: 30_000, users }))
    const load = { ...report.load, users: 3000, model: { kind: 'closed', stages } } as const
    expect(screenOf({ ...report, load: { ...load, model: { kind: 'closed', stages } } })).toContain(
      'up to 3,000 users, ',
    )
    expect(screenOf(report)).not.toContain('up to')
  })

  it('says what was made to go wrong', () => {
    const faults = [
      { kind: 'kill-server', atMs: 20_004, lastedMs: 612, detail: 'killed by SIGKILL and started again' },
    ] as const
    const text = screenOf({ ...report, load: { ...report.load, faults: [...faults] } })
    expect(text).toContain('fault      kill-server at 20 s for 612 ms: killed by SIGKILL and started again\n')
    expect(screenOf(report)).not.toContain('fault  ')
  })

  it('keeps hostile names from steering the terminal', () => {
    const [step] = report.load.steps
    const hostile: LoadReport = {
      ...report,
      load: { ...report.load, steps: [{ ...step!, name: '\u001b[2Jevil\nrow' }] },
    }
    expect(screenOf(hostile)).toContain('evil row')
    expect(screenOf(hostile)).not.toContain('\u001b')
  })
})

describe('loadDocument, on a threshold', () => {
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
    expect(screenOf(report)).toContain(`met        as given (was ${expected})`)
  })
})

describe('seedDocument', () => {
  it('says how fast, by which way, and how durable', () => {
    const text = screenOf({
      ...savedReport('seed', 'seed.json'),
      rows: 1_000_000,
      seconds: 2.5,
      rowsPerSecond: 400_000,
      maxRssMb: 91.4,
    })
    expect(text).toBe('1,000,000 rows in 2.5 s: 400,000 rows/s, 91 MB of memory\nby one-buffer (synchronous=full)')
  })
})
