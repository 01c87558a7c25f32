import { describe, expect, it } from 'vitest'
import { judgeConnections, judgeThreads, judgeWorkers } from '../../../../src/lib/load/metrics/generator-verdict.ts'
import { healthOf } from '../../../support/load/generator-health.ts'

const saturated = healthOf({ cpuPercent: 97, lateStart: null })

describe('judgeThreads', () => {
  it('believes a generator with room to spare', () => {
    expect(judgeThreads([healthOf()])).toEqual({ valid: true, reasons: [], advice: null })
    expect(judgeThreads([healthOf({ lateStartP99: null, lateStart: null })])).toMatchObject({ valid: true })
  })

  it.each([
    [{ cpuPercent: 97 }, 'the load generator used 97% of a core (limit 90%)'],
    [
      { lateStart: { percentile: 99, ms: 450 } },
      'the load generator sent its requests 450 ms late at p99 (limit 100 ms)',
    ],
    [
      { lateStart: { percentile: 100, ms: 1200 } },
      'the load generator sent its requests 1200 ms late at most (limit 1000 ms)',
    ],
    [{ stalledMs: 3980, longestStallMs: 3980 }, 'the load generator stood still for 4.0 s at a time (limit 1.0 s)'],
    [
      { stalledMs: 620, longestStallMs: 200 },
      'the load generator stood still for 0.6 s of 30.0 s (limit 2%, and 500 ms)',
    ],
  ])('does not believe %j', (change, reason) =>
    expect(judgeThreads([healthOf(change)])).toEqual({ valid: false, reasons: [reason], advice: expect.any(String) }),
  )

  it.each([
    // The p99 of a few hundred requests is a matter of a few: the lower quantile counts.
    { lateStartP99: 800, lateStart: { percentile: 90, ms: 3 } },
    { lateStart: { percentile: 100, ms: 900 } },
    { stalledMs: 590, longestStallMs: 300 },
    // In a few milliseconds everything is done for the first time.
    { watchedMs: 20, cpuPercent: 99 },
    // A stall of a short run is a large share of it.
    { watchedMs: 2000, stalledMs: 400, longestStallMs: 400 },
  ])('believes %j', (change) => expect(judgeThreads([healthOf(change)]).valid).toBe(true))

  it('names the thread that could not keep up, and says what to try', () =>
    expect(judgeThreads([healthOf(), saturated])).toEqual({
      valid: false,
      reasons: ['thread 2 used 97% of a core (limit 90%)'],
      advice: 'Make the load in more threads (--threads) or workers (--workers), or make less of it.',
    }))
})

describe('judgeWorkers', () => {
  it('names the worker and its host, and says once what to try for each lack', () => {
    const stalled = { stalledMs: 5000, longestStallMs: 5000 }
    const { reasons, advice } = judgeWorkers([
      { name: 'rack-1', host: 'a.example', health: healthOf({ cpuPercent: 97, ...stalled }), lost: null },
      { name: 'rack-2', host: 'b.example', health: healthOf(stalled), lost: null },
      { name: 'rack-3', host: 'b.example', health: null, lost: 'it was stopped' },
    ])
    expect(reasons).toEqual([
      'worker rack-1 on a.example used 97% of a core (limit 90%)',
      'worker rack-1 on a.example stood still for 5.0 s at a time (limit 1.0 s)',
      'worker rack-2 on b.example stood still for 5.0 s at a time (limit 1.0 s)',
      'worker rack-3 on b.example was lost: it was stopped',
    ])
    expect(advice).toBe(
      'Make the load in more threads (--threads) or workers (--workers), or make less of it. ' +
        'Use a machine on which nothing else runs, several of them (--workers with --queue), or a lower load. ' +
        'See what ended the worker, and start it again.',
    )
  })
})

describe('judgeConnections', () => {
  const valid = judgeThreads([healthOf()])

  it('does not blame a server for what the machine of the generator could not open', () => {
    const sent = { requests: 400, failureReasons: { 'too many open files': 240, 'no local port left': 8, timeout: 9 } }
    expect(judgeConnections(valid, sent)).toEqual({
      valid: false,
      reasons: [
        'the load generator had no connection for 248 of 400 requests: no local port left, too many open files',
      ],
      advice: 'Let a process open more (ulimit -n), make the load in more workers, or make less of it.',
    })
  })

  it('lets a few of many pass, and what a server did', () => {
    const sent = { requests: 4000, failureReasons: { 'too many open files': 4, timeout: 3000 } }
    expect(judgeConnections(valid, sent)).toBe(valid)
    expect(judgeConnections(valid, { requests: 0, failureReasons: {} })).toBe(valid)
  })
})
