import { describe, expect, it } from 'vitest'
import { compareReports, type CompareOptions, type Comparison } from '../../../src/lib/compare/compare.ts'
import { createRandom } from '../../../src/lib/base/random.ts'
import type { InsertBenchReport, LoadReport, Report } from '../../../src/lib/record/record.ts'
import { savedReport } from '../../support/reports/fixtures.ts'

const load = savedReport('load', 'load-baseline.json')
const inserts = savedReport('insert-bench', 'insert-bench-baseline.json')
const seed = savedReport('seed', 'seed.json')

function compare(baseline: readonly Report[], candidate: readonly Report[], options: Partial<CompareOptions> = {}) {
  const defaults = { minEffect: 0.05, noise: [], force: false, random: createRandom('compare') }
  return compareReports({ baseline, candidate }, { ...defaults, ...options })
}

const metric = (comparison: Comparison, name: string) => comparison.metrics.find((one) => one.name === name)
const minute = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString()

/** Runs that ended with these rows a second, at these minutes. */
function seedings(rates: readonly number[], minutes: readonly number[] = rates.map((_, i) => i)) {
  return rates.map((rowsPerSecond, i) => ({ ...seed, rowsPerSecond, startedAt: minute(minutes[i]!) }))
}

function withLoad(change: Partial<LoadReport['load']>): LoadReport {
  return { ...load, load: { ...load.load, ...change } }
}

function notValid(report: LoadReport): LoadReport {
  return { ...report, generator: { ...report.generator, valid: false, reasons: ['97% of a core'] } }
}

const lost: LoadReport = { ...load, audit: { ...load.audit!, lost: 2, passed: false } }

function withThreshold(actual: number | null, passed: boolean): LoadReport {
  const known = { expression: 'failures<1%', metric: 'failures', comparator: '<' as const, limit: 0.01 }
  return { ...load, thresholds: [{ ...known, actual, passed }] }
}

describe('compareReports', () => {
  it('calls nothing worse between a report and itself', () => {
    for (const report of [load, inserts, seed]) {
      const { verdict, metrics, differences } = compare([report], [report])
      expect(['same', 'inconclusive']).toContain(verdict)
      expect(metrics.every(({ effect }) => effect === null || effect.value === 0)).toBe(true)
      expect(differences).toEqual([])
    }
  })

  it('needs a large change where one run a side is all there is, and says how large', () => {
    const slower = compare(seedings([1000]), seedings([600]))
    expect(slower.verdict).toBe('inconclusive')
    const { detectable, effect } = metric(slower, 'rows per second')!
    expect(effect!.value).toBeCloseTo(-0.4, 10)
    expect(detectable).toBeGreaterThan(0.5)
    expect(compare(seedings([1000]), seedings([100])).verdict).toBe('worse')
    expect(compare(seedings([100]), seedings([1000])).verdict).toBe('better')
  })

  it('sees small changes where many runs agree', () => {
    const before = seedings([1000, 1010, 995, 1005, 990])
    const after = seedings([920, 910, 905, 915, 925])
    expect(compare(before, after).verdict).toBe('worse')
    expect(compare(after, before).verdict).toBe('better')
    expect(compare(before, seedings([1002, 1008, 993, 1006, 991])).verdict).toBe('same')
  })

  it('does not fail what is clear and too small to matter', () => {
    const [before, after] = [seedings([1000, 1001, 999, 1000, 1000]), seedings([970, 971, 969, 970, 970])]
    expect(compare(before, after).verdict).toBe('same')
    expect(compare(before, after, { minEffect: 0.02 }).verdict).toBe('worse')
  })

  it('takes the drift of the machine out of runs that were made in pairs', () => {
    // Each pair is half as fast as the one before; within a pair the candidate is 10% slower.
    const rates = [1600, 800, 400, 200, 100, 50]
    const before = seedings(rates, [0, 3, 4, 7, 8, 11])
    const after = seedings(
      rates.map((rate, i) => rate * (0.9 + i / 1000)),
      [1, 2, 5, 6, 9, 10],
    )
    expect(compare(before, after)).toMatchObject({ paired: true, verdict: 'worse' })
    const apart = seedings(
      rates.map((rate) => rate * 0.9),
      [20, 21, 22, 23, 24, 25],
    )
    expect(compare(before, apart)).toMatchObject({ paired: false, verdict: 'inconclusive' })
  })

  it.each([
    ['in pairs', [0, 3, 4, 7, 8, 11, 12, 15, 16, 19], [1, 2, 5, 6, 9, 10, 13, 14, 17, 18]],
    ['apart', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]],
  ])('shows the figures that the change is computed from, for runs made %s', (_, before, after) => {
    // One run of ten fell into a bad minute; it counts neither in the change nor in what is shown.
    const steady = [1000, 1010, 990, 1005, 995, 1002, 998, 1001, 999, 1000]
    const slower = steady.map((rate, i) => (i === 4 ? 10 : rate * 0.9))
    const comparison = compare(seedings(steady, before), seedings(slower, after))
    const { baseline, candidate, effect } = metric(comparison, 'rows per second')!
    expect(effect!.value).toBeCloseTo(-0.1, 2)
    expect(candidate! / baseline! - 1).toBeCloseTo(effect!.value, 10)
    expect(candidate!).toBeCloseTo(900, -1)
  })

  it('takes the noise from runs of the same thing', () => {
    const [before, after] = [seedings([1000]), seedings([800])]
    expect(compare(before, after).verdict).toBe('inconclusive')
    expect(compare(before, after, { noise: seedings([1000, 1001, 999, 1000, 1001]) }).verdict).toBe('worse')
    const [steady, slower] = [seedings([1000, 1001, 999]), seedings([800, 801, 799])]
    expect(compare(steady, slower).verdict).toBe('worse')
    expect(compare(steady, slower, { noise: seedings([1000, 1400, 700, 1200]) }).verdict).toBe('inconclusive')
  })

  it('fails where a metric is missing on one side, never passes', () => {
    const silent = withLoad({ responseTime: { p50: null, p90: null, p95: null, p99: null, p999: null, max: null } })
    const comparison = compare([load], [silent])
    expect(comparison.verdict).toBe('worse')
    expect(metric(comparison, 'response_time.p50')).toMatchObject({ verdict: 'missing', candidate: null, effect: null })
  })

  it('is inconclusive where no metric has the samples to count, and the same of two audits that passed', () => {
    const [checkpoint] = inserts.checkpoints
    const few = { ...inserts, checkpoints: [{ ...checkpoint!, inserts: 20 }] }
    expect(compare([few], [few]).verdict).toBe('inconclusive')
    const audit = savedReport('audit', 'audit.json')
    const passed = { ...audit, audit: { ...audit.audit, passed: true } }
    const failed = { ...audit, audit: { ...audit.audit, passed: false } }
    expect(compare([passed], [passed])).toMatchObject({ verdict: 'same', metrics: [] })
    expect(compare([passed], [failed]).verdict).toBe('worse')
  })

  it('fails where a run of the candidate went wrong, whatever its figures', () => {
    const at = (text: string) => [`candidate of ${load.startedAt}: ${text}`]
    const missed = withThreshold(0.02, false)
    expect(compare([load], [lost])).toMatchObject({
      verdict: 'worse',
      faults: at('the audit failed: 2 lost, 0 doubled, 0 oversold'),
    })
    expect(compare([load], [missed]).faults).toEqual(at('the threshold failures<1% was not met'))
    // Without samples a threshold is not met.
    expect(compare([load], [withThreshold(null, true)]).verdict).toBe('worse')
    const unaudited = { ...load, audit: null, auditFailure: 'the server is gone' }
    expect(compare([load], [unaudited]).faults).toEqual(at('the audit could not be made: the server is gone'))
    expect(compare([inserts], [{ ...inserts, interrupted: true }]).faults).toEqual([
      `candidate of ${inserts.startedAt}: the run was stopped before its time`,
    ])
  })

  it('fails where a run made no request, or had none answered rightly, or its scenario threw', () => {
    const failed = withLoad({ failures: load.load.requests, failureReasons: { 'status 404': load.load.requests } })
    expect(compare([load], [failed])).toMatchObject({
      verdict: 'worse',
      faults: [`candidate of ${load.startedAt}: it did not do what it was to do: every request failed: status 404`],
    })
    expect(compare([failed], [failed]).verdict).toBe('worse')
    const throwing = withLoad({ iterations: 100, errors: 100, errorReasons: { 'shop: no basket': 100 } })
    expect(compare([throwing], [throwing]).verdict).toBe('worse')
  })

  it('compares the share of iterations that threw, as it does failures', () => {
    const throwing = (errors: number) => withLoad({ iterations: 10_000, errors })
    const more = compare([throwing(1)], [throwing(90)])
    expect(metric(more, 'errors')).toMatchObject({ verdict: 'worse', gates: true, unit: 'share', candidate: 0.009 })
    expect(more).toMatchObject({ verdict: 'worse', faults: [] })
    expect(metric(compare([throwing(1)], [throwing(2)]), 'errors')?.verdict).toBe('same')
  })

  it('does not fail a run because the other was made before errors were counted', () => {
    const { iterations: _none, ...before } = load.load
    const old = { ...load, load: before }
    expect(metric(compare([old], [old]), 'errors')).toBeUndefined()
    const mixed = compare([old], [withLoad({ iterations: 100, errors: 0 })])
    expect(metric(mixed, 'errors')).toMatchObject({ verdict: 'missing', gates: false })
    expect(mixed.verdict).not.toBe('worse')
  })

  it('is not valid, and not worse, where the generator of the candidate could not keep up', () => {
    const slow = notValid(withLoad({ rps: load.load.rps / 100 }))
    expect(compare([load], [slow])).toMatchObject({
      verdict: 'not valid',
      faults: [],
      metrics: [],
      leftOut: [`candidate of ${load.startedAt}: the run is not valid: 97% of a core`],
      runs: { baseline: 0, candidate: 0 },
    })
    // What such a run missed may be the generator's doing; a lost booking is not.
    expect(compare([load], [notValid(withThreshold(0.02, false))])).toMatchObject({ verdict: 'not valid', faults: [] })
    expect(compare([load], [notValid(lost)]).verdict).toBe('worse')
  })

  it('holds nothing against a baseline that went wrong, and does not blame the candidate for it', () => {
    expect(compare([lost], [load])).toMatchObject({
      verdict: 'not valid',
      faults: [],
      leftOut: [`baseline of ${load.startedAt}: the audit failed: 2 lost, 0 doubled, 0 oversold`],
    })
    // Its figures are what they are, whatever limit it missed.
    expect(compare([withThreshold(0.02, false)], [load]).leftOut).toEqual([])
  })

  it('leaves out the pairs of runs that are not valid, as long as half of them are left', () => {
    const side = (minutes: readonly number[], bad: readonly number[]) =>
      minutes.map((n, i) => {
        const run = { ...load, startedAt: minute(n) }
        return bad.includes(i) ? notValid(run) : run
      })
    const [before, after] = [
      [0, 3, 4, 7],
      [1, 2, 5, 6],
    ] as const
    expect(compare(side(before, [1]), side(after, [1, 2]))).toMatchObject({
      paired: true,
      runs: { baseline: 2, candidate: 2 },
      leftOut: [minute(3), minute(2), minute(5)].map((at) => expect.stringContaining(at)),
      verdict: expect.stringMatching(/same|inconclusive/),
    })
    expect(compare(side(before, [0, 1]), side(after, [2]))).toMatchObject({ verdict: 'not valid' })
    // Those that were dropped when they were made count as well.
    const dropped = ['pair 5: not valid', 'pair 6: not valid', 'pair 7: not valid']
    expect(compare(side(before, [1]), side(after, []), { dropped })).toMatchObject({
      verdict: 'not valid',
      leftOut: [...dropped, expect.stringContaining(minute(3))],
    })
  })

  it('takes no noise from runs that are not valid', () =>
    expect(compare([load], [load], { noise: [notValid({ ...load, seed: 'other' })] }).metrics.length).toBeGreaterThan(
      0,
    ))

  it('refuses runs that differ, with the list, unless it is forced', () => {
    const other = { ...load, seed: 'other', config: { ...load.config, users: '3000' } }
    expect(() => compare([load], [other])).toThrow('they differ in seed: rushbench and other; users: 20 and 3000. Make')
    expect(compare([load], [other], { force: true }).differences).toEqual([
      'seed: rushbench and other',
      'users: 20 and 3000',
    ])
    expect(() => compare([load], [load], { noise: [load, other] })).toThrow('noise: seed')
  })

  it('refuses reports of different kinds, forced or not', () => {
    expect(() => compare([load], [inserts], { force: true })).toThrow('they are of the kinds load, insert-bench.')
  })
})

describe('failures', () => {
  const failing = (requests: number, failures: number) => withLoad({ requests, failures })

  it.each([
    [10_000, 0, 10_000, 0, 'same'],
    [10_000, 0, 10_000, 100, 'worse'],
    [10_000, 100, 10_000, 0, 'better'],
    [10_000, 100, 10_000, 104, 'same'],
    // One in a hundred may be chance, and five in ten thousand do not matter.
    [100, 0, 100, 1, 'inconclusive'],
    [100_000, 0, 100_000, 50, 'same'],
  ])('of %d requests %d, then of %d %d: %s', (before, failed, after, failedAfter, verdict) => {
    const comparison = compare([failing(before, failed)], [failing(after, failedAfter)])
    expect(metric(comparison, 'failures')).toMatchObject({ verdict, gates: true })
  })
})

describe('the metrics that gate', () => {
  const gating = (report: Report) =>
    compare([report], [report]).metrics.flatMap(({ gates, name }) => (gates ? [name] : []))

  it('are those of a load whose quantiles have their samples', () => {
    const enough = (requests: number) => gating(withLoad({ requests }))
    expect(enough(39)).toEqual(['rps', 'failures'])
    expect(enough(40)).toEqual(['rps', 'failures', 'response_time.p50'])
    expect(enough(400)).toContain('response_time.p95')
    expect(enough(1999)).not.toContain('response_time.p99')
    expect(enough(2000)).toContain('response_time.p99')
  })

  it('are p50 and p95 of inserts, and p99 of many', () => {
    const at = (count: number): InsertBenchReport => ({
      ...inserts,
      checkpoints: [{ ...inserts.checkpoints[0]!, inserts: count }],
    })
    expect(gating(at(100))).toEqual(['at 202,452 rows: p50'])
    expect(gating(at(2000))).toEqual(['p50', 'p95', 'p99'].map((name) => `at 202,452 rows: ${name}`))
  })

  it('are the rates of a stream, not its stalls', () => {
    const rates = { inserts: 1000, seconds: 2, exitInsertsPerSecond: 400 }
    const stream = { keys: 'random' as const, ...rates, buckets: [], stallCount: 1, stallMs: 300, stalls: [] }
    expect(gating({ ...inserts, checkpoints: [], stream })).toEqual([
      'stream, random keys: inserts',
      'stream, random keys: exit rate',
    ])
  })

  it('include what an open run skipped, which the rate of what came back would hide', () => {
    const model = {
      kind: 'open' as const,
      ratePerSecond: 100,
      arrivals: 'constant' as const,
      durationMs: 10_000,
      maxInFlight: 1000,
    }
    const open = (skipped: number) => withLoad({ iterations: 1000 - skipped, skipped, model })
    expect(metric(compare([open(0)], [open(300)]), 'skipped')).toMatchObject({
      verdict: 'worse',
      baseline: 0,
      candidate: 0.3,
    })
    expect(metric(compare([load], [load]), 'skipped')).toBeUndefined()
  })
})

describe('insert benchmarks', () => {
  const [first] = inserts.checkpoints
  const at = (rows: number, keys: 'random' | 'ascending', p50: number) => ({ ...first!, rows, keys, p50 })

  it('are matched by the order of sizes and of keys, though the table has grown a little', () => {
    const before = {
      ...inserts,
      checkpoints: [at(0, 'random', 100), at(0, 'ascending', 50), at(100_000, 'random', 200)],
    }
    const after = {
      ...inserts,
      checkpoints: [at(110, 'ascending', 49), at(110, 'random', 105), at(100_220, 'random', 30_000)],
    }
    const reordered = { ...after, checkpoints: [after.checkpoints[1]!, after.checkpoints[0]!, after.checkpoints[2]!] }
    const comparison = compare([before], [reordered])
    expect(metric(comparison, 'at 0 rows, random keys: p50')!.effect!.value).toBeCloseTo(0.05, 10)
    expect(metric(comparison, 'at 0 rows, ascending keys: p50')!.effect!.value).toBeCloseTo(-0.02, 10)
    expect(metric(comparison, 'at 100,000 rows, random keys: p50')).toMatchObject({
      baseline: expect.closeTo(200, 6),
      verdict: 'worse',
    })
  })
})
