import { describe, expect, it } from 'vitest'
import { createStallMeter } from '../../../../src/lib/load/metrics/generator-monitor.ts'

/** Beats every 20 ms up to `until`, as a loop does that stands still in between. */
function beatOver(until: number, stalls: readonly { readonly at: number; readonly lasts: number }[]) {
  const meter = createStallMeter(0, 20)
  for (let now = 20; now <= until; now += 20) {
    const stall = stalls.find(({ at, lasts }) => now > at && now < at + lasts)
    if (!stall) meter.beat(now)
  }
  return meter.read(until)
}

describe('a stall meter', () => {
  it('counts no gap of a loop that is merely busy', () =>
    expect(beatOver(30_000, [{ at: 1000, lasts: 100 }])).toEqual({
      watchedMs: 30_000,
      stalledMs: 0,
      longestStallMs: 0,
    }))

  it('adds up the time in which the loop stood still, of which percentiles of its beats show nothing', () =>
    expect(
      beatOver(30_000, [
        { at: 1000, lasts: 200 },
        { at: 10_000, lasts: 4000 },
      ]),
    ).toEqual({ watchedMs: 30_000, stalledMs: 180 + 3980, longestStallMs: 3980 }))

  it('knows of a stall that no beat has ended yet', () =>
    expect(beatOver(30_000, [{ at: 28_000, lasts: 9000 }])).toEqual({
      watchedMs: 30_000,
      stalledMs: 1980,
      longestStallMs: 1980,
    }))
})
