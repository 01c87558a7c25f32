import { describe, expect, it } from 'vitest'
import { createRecorder } from '../../../src/lib/load/recorder.ts'

const sample = { step: 'get', due: 0, sent: 0, ended: 10, bytes: 100, failure: null }

describe('createRecorder', () => {
  it('keeps response and service time apart, by step and in all', () => {
    const recorder = createRecorder()
    recorder.record({ ...sample, due: 100, sent: 105, ended: 125 })
    recorder.record({ ...sample, step: 'post', due: 100, sent: 100, ended: 140, bytes: 50, failure: 'status 500' })
    const { steps, requests, failures, failureReasons, responseTime, serviceTime } = recorder.finish(2, 2)
    expect({ requests, failures, failureReasons }).toEqual({
      requests: 2,
      failures: 1,
      failureReasons: { 'status 500': 1 },
    })
    expect(responseTime.max).toBeCloseTo(40, 1)
    expect(serviceTime.p50).toBeCloseTo(20, 1)
    expect(steps.map(({ name, rps, meanBytes }) => ({ name, rps, meanBytes }))).toEqual([
      { name: 'get', rps: 0.5, meanBytes: 100 },
      { name: 'post', rps: 0.5, meanBytes: 50 },
    ])
    expect(steps[0]?.responseTime.p50).toBeCloseTo(25, 1)
    expect(steps[0]?.serviceTime.p50).toBeCloseTo(20, 1)
  })

  it('makes a row of each second, which does not carry over into the next', () => {
    const recorder = createRecorder()
    recorder.record({ ...sample, failure: 'timeout' })
    recorder.record({ ...sample, ended: 30 })
    expect(recorder.endSecond(7)).toMatchObject({ second: 0, users: 7, requests: 2, failures: 1, rps: 2 })
    expect(recorder.endSecond(8)).toEqual({
      second: 1,
      durationMs: 1000,
      users: 8,
      requests: 0,
      failures: 0,
      skipped: 0,
      rps: 0,
      p50: null,
      p95: null,
      p99: null,
    })
    expect(recorder.finish(2, 2).timeline).toHaveLength(2)
  })

  it('puts what came after the last whole second into a row of its own length, so that the rows add up', () => {
    const recorder = createRecorder()
    recorder.record(sample)
    recorder.endSecond(3)
    recorder.record({ ...sample, ended: 30, failure: 'timeout' })
    recorder.record(sample)
    recorder.recordSkipped()
    const { timeline, requests, skipped } = recorder.finish(1.5, 5)
    expect(timeline).toHaveLength(2)
    expect(timeline[1]).toMatchObject({ second: 1, durationMs: 4000, users: 0, requests: 2, failures: 1, rps: 0.5 })
    expect(timeline.reduce((sum, row) => sum + row.requests, 0)).toBe(requests)
    expect([timeline[1]?.skipped, skipped]).toEqual([1, 1])
  })

  it('keeps at most 100 steps apart and counts the others together', () => {
    const recorder = createRecorder()
    for (let item = 0; item < 150; item++) recorder.record({ ...sample, step: `item ${item}` })
    const { steps, requests } = recorder.finish(1, 1)
    expect(steps).toHaveLength(101)
    expect(steps.at(-1)).toMatchObject({ name: 'other steps', requests: 50 })
    expect(requests).toBe(150)
  })

  it('keeps at most 20 reasons apart', () => {
    const recorder = createRecorder()
    for (let i = 0; i < 100; i++) recorder.recordError(`reason ${i}`)
    const { failureReasons } = recorder.finish(1, 1)
    expect(Object.keys(failureReasons)).toHaveLength(21)
    expect(failureReasons['other']).toBe(80)
  })

  it('has nulls, not zeros, where nothing was measured', () => {
    const { requests, responseTime, lateStartP99 } = createRecorder().finish(1, 1)
    expect({ requests, p99: responseTime.p99, lateStartP99 }).toEqual({ requests: 0, p99: null, lateStartP99: null })
  })
})
