import { describe, expect, it } from 'vitest'
import { createTimeline, type TimelineRow } from '../../../../src/lib/load/metrics/timeline.ts'
import { countsOf, createHistogram, recordMs } from '../../../../src/lib/base/measure/histogram.ts'

/** A second in which requests took so long, ms. */
function second(...responseMs: readonly number[]) {
  const response = createHistogram()
  for (const ms of responseMs) recordMs(response, ms)
  const counts = countsOf(response)
  const step = { name: 'get', failures: 0, bytes: 0, response: counts, service: counts }
  return {
    users: 1,
    skipped: 0,
    steps: [step],
    parts: [],
    retryReasons: {},
    failureReasons: {},
    errors: 0,
    errorReasons: {},
    reconnected: 0,
    droppedTexts: 0,
    late: counts,
  }
}

/** The same, of which so many failed. */
function failing(failures: number, ...responseMs: readonly number[]) {
  const interval = second(...responseMs)
  return { ...interval, steps: interval.steps.map((step) => ({ ...step, failures })) }
}

describe('createTimeline', () => {
  it('makes a row of a second as soon as all threads have ended it, however far one is ahead', () => {
    const rows: TimelineRow[] = []
    const timeline = createTimeline(2, (row) => rows.push(row))
    timeline.add(0, { ...failing(1, 10), users: 3, skipped: 2, errors: 1 })
    timeline.add(0, second(20))
    expect(rows).toEqual([])
    timeline.add(1, { ...second(30, 40, 50), users: 4, skipped: 5, errors: 2 })
    expect(rows).toEqual([
      {
        second: 0,
        durationMs: 1000,
        users: 7,
        requests: 4,
        failures: 1,
        errors: 3,
        skipped: 7,
        rps: 4,
        p50: 30.015,
        p95: 50,
        p99: 50,
      },
    ])
    timeline.add(1, second())
    expect(rows[1]).toMatchObject({ second: 1, users: 2, requests: 1, p50: 20 })
    expect(timeline.finish([second(), second()], 2).timeline).toEqual(rows)
  })

  it('has nulls, not zeros, where nothing was measured', () => {
    const rows: TimelineRow[] = []
    createTimeline(1, (row) => rows.push(row)).add(0, second())
    expect(rows).toMatchObject([{ requests: 0, rps: 0, p50: null, p99: null }])
  })

  it('puts what came after the last whole second into a row of its own length, so that the rows add up', () => {
    const timeline = createTimeline(1, () => {})
    timeline.add(0, second(1))
    const { timeline: rows, slices } = timeline.finish([{ ...second(1, 2), skipped: 1 }], 5)
    expect(rows).toHaveLength(2)
    expect(rows[1]).toMatchObject({ second: 1, durationMs: 4000, users: 0, requests: 2, skipped: 1, rps: 0.5 })
    expect(slices).toEqual({ seconds: 1, responseTimes: ['1002x2 1998'] })
  })

  it('goes on without a generator that was lost, with what it had said', () => {
    const rows: TimelineRow[] = []
    const timeline = createTimeline(2, (row) => rows.push(row))
    timeline.add(0, second(10))
    timeline.add(0, second(20))
    timeline.add(1, second(30))
    timeline.leaveOut(1)
    expect(rows).toMatchObject([{ requests: 2 }, { second: 1, requests: 1 }])
    timeline.add(0, second(40))
    expect(rows[2]).toMatchObject({ second: 2, requests: 1 })
  })

  it('puts there too what only some threads have ended', () => {
    const timeline = createTimeline(2, () => {})
    timeline.add(0, second(1))
    const { timeline: rows } = timeline.finish([second(2), second(3)], 1.5)
    expect(rows).toMatchObject([{ second: 0, durationMs: 1500, requests: 3, rps: 2 }])
  })
})
