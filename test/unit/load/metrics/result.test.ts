import { describe, expect, it } from 'vitest'
import { createRecorder, type Sample } from '../../../../src/lib/load/metrics/recorder.ts'
import { summarizeRun, type ShardInterval, type ShardProgress } from '../../../../src/lib/load/metrics/result.ts'
import { createMetricsTotal } from '../../../../src/lib/load/metrics/interval-metrics.ts'
import { createTimeline } from '../../../../src/lib/load/metrics/timeline.ts'
import { users } from '../../../support/load/virtual-run.ts'

const sample: Sample = { step: 'get', due: 0, sent: 0, ended: 10, bytes: 100, failure: null }

/** What a generator did in 2 s. */
function interval(samples: readonly Partial<Sample>[], changes: Partial<ShardProgress> = {}): ShardInterval {
  const recorder = createRecorder()
  for (const one of samples) recorder.record({ ...sample, ...one })
  const progress = { seconds: 2, elapsedSeconds: 2, users: 3, full: false, iterations: 4, userMs: 6000, waitedMs: 1000 }
  return { progress: { ...progress, ...changes }, recorded: recorder.take(0) }
}

function summarize(...parts: readonly ShardInterval[]) {
  const outcomes = { booked: 0, conflict: 0, failed: 0, unknown: 0 }
  const timeline = createTimeline(parts.length, () => {})
  const rests = parts.map((part) => part.recorded)
  const recorded = createMetricsTotal()
  for (const rest of rests) recorded.add(rest)
  const progress = parts.map((part) => part.progress)
  return summarizeRun(progress, { model: users(6), recorded, timeline, rests, outcomes, interrupted: false })
}

describe('summarizeRun', () => {
  it('adds up what the generators did', () => {
    const first = interval([{}, { failure: 'timeout' }], { seconds: 2.01, elapsedSeconds: 5 })
    const second = interval([{ failure: 'timeout' }, { failure: 'status 500' }], { waitedMs: 2000 })
    const result = summarize(first, second)
    expect(result).toMatchObject({ seconds: 2.01, users: 6, iterations: 8, requests: 4, failures: 3 })
    expect(result.failureReasons).toEqual({ timeout: 2, 'status 500': 1 })
    expect(result.rps).toBeCloseTo(4 / 2.01, 10)
    // 3 of 12 s were spent waiting.
    expect(result.idealRps).toBeCloseTo(result.rps / 0.75, 10)
    expect(result.timeline).toMatchObject([{ second: 0, durationMs: 5000, requests: 4 }])
  })

  it('has the percentiles of all requests together, not the mean of percentiles', () => {
    const fast = interval(Array.from({ length: 98 }, () => ({})))
    const slow = interval([{ ended: 1000 }, { ended: 2000 }])
    const { responseTime } = summarize(fast, slow)
    expect(responseTime.p50).toBeCloseTo(10, 1)
    expect(responseTime.p95).toBeCloseTo(10, 1)
    expect(Math.round(responseTime.p99!)).toBe(1000)
    expect(responseTime.max).toBe(2000)
  })

  it('has one row for a step that several threads had, and tells how late each sent', () => {
    const first = interval([{ bytes: 10 }, { step: 'post' }])
    const second = interval([{ bytes: 30, sent: 7, ended: 20 }])
    const { steps, lateStartP99 } = summarize(first, second)
    expect(steps.map(({ name, requests, meanBytes, rps }) => ({ name, requests, meanBytes, rps }))).toEqual([
      { name: 'get', requests: 2, meanBytes: 20, rps: 1 },
      { name: 'post', requests: 1, meanBytes: 100, rps: 0.5 },
    ])
    expect([steps[0]?.responseTime.max, steps[0]?.serviceTime.max]).toEqual([20, 13])
    expect(lateStartP99).toBeCloseTo(7, 1)
  })

  it('has nulls, not zeros, where nothing was measured', () => {
    const { requests, rps, responseTime, lateStartP99, timeline } = summarize(interval([], { seconds: 0 }))
    expect({ requests, rps, p99: responseTime.p99, lateStartP99, timeline }).toEqual({
      requests: 0,
      rps: 0,
      p99: null,
      lateStartP99: null,
      timeline: [],
    })
  })
})
