import { describe, expect, it } from 'vitest'
import {
  errorShare,
  errorsOf,
  judgeLoad,
  loadFaults,
  type LoadFigures,
} from '../../../../src/lib/load/metrics/load-verdict.ts'
import { savedReport } from '../../../support/reports/fixtures.ts'

const good: LoadFigures = {
  requests: 1000,
  failures: 3,
  failureReasons: { timeout: 3 },
  iterations: 500,
  errors: 0,
  errorReasons: {},
  interrupted: false,
}

const idle = { ...good, requests: 0, failures: 0, failureReasons: {}, iterations: 0 }

describe('judgeLoad', () => {
  it('says nothing of a load that made requests, of which some were answered rightly', () => {
    expect(judgeLoad(good, false)).toEqual([])
    expect(judgeLoad({ ...good, failures: 999 }, false)).toEqual([])
  })

  it('says that no request was made', () => {
    expect(judgeLoad(idle, false)).toEqual(['nothing was measured: no request was made'])
    expect(judgeLoad(idle, true)).toEqual(['nothing was measured: no request was made'])
  })

  it('leaves it to Ctrl-C that a run was ended before its first request', () => {
    expect(judgeLoad({ ...idle, interrupted: true }, false)).toEqual([])
  })

  it('says that every request failed, and of what most did', () => {
    const failureReasons = { timeout: 1, 'status 404': 900, 'status 500': 90, 'connection reset': 9 }
    expect(judgeLoad({ ...good, failures: 1000, failureReasons }, true)).toEqual([
      'every request failed: status 404, status 500, connection reset and others',
    ])
  })

  it('lets 1% of the iterations throw and no more, unless a threshold decides it', () => {
    const throwing = (errors: number) => ({ ...good, errors, errorReasons: { 'shop: no basket': errors } })
    expect(judgeLoad(throwing(5), false)).toEqual([])
    expect(judgeLoad(throwing(6), false)).toEqual([
      '6 of 500 iterations threw (1.20%; more than 1% fails a run unless a threshold such as errors<5% allows it): shop: no basket',
    ])
    expect(judgeLoad(throwing(500), true)).toEqual([])
  })

  it('says both where every iteration threw before it made a request', () => {
    const reasons = judgeLoad({ ...idle, iterations: 4, errors: 4, errorReasons: { 'a: b': 4 } }, false)
    expect(reasons).toHaveLength(2)
    expect(judgeLoad({ ...idle, errors: 1, interrupted: true }, false)).toHaveLength(1)
  })
})

describe('a report', () => {
  const report = savedReport('load', 'load-baseline.json')

  it('is judged by its figures where it has no verdict, and by its thresholds', () => {
    expect(loadFaults(report)).toEqual([])
    const { load } = report
    const empty = { ...report, load: { ...load, requests: 0, failures: 0 } }
    expect(loadFaults(empty)).toEqual(['nothing was measured: no request was made'])
    const verdict = { passed: false, reasons: ['every request failed: status 404'] }
    expect(loadFaults({ ...report, load: { ...load, verdict } })).toEqual(verdict.reasons)
    const throwing = { ...report, load: { ...load, iterations: 10, errors: 5 } }
    expect(loadFaults(throwing)).toHaveLength(1)
    const threshold = { ...report.thresholds[0]!, metric: 'errors', comparator: '<', limit: 0.9 } as const
    expect(loadFaults({ ...throwing, thresholds: [{ ...threshold, expression: 'errors<90%' }] })).toEqual([])
  })

  it('of before errors were counted has them among its reasons of failures', () => {
    const old = { requests: 10, failures: 2, interrupted: false, failureReasons: { timeout: 2, 'shop: no basket': 3 } }
    expect(errorsOf(old)).toBe(3)
    expect(errorsOf({ ...old, errors: 0 })).toBe(0)
    expect(errorShare({ ...old, iterations: 30 })).toBe(0.1)
    expect(errorShare(old)).toBeNull()
  })
})
