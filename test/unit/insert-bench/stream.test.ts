import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findStalls, longest, type SlowInsert } from '../../../src/lib/insert-bench/stalls.ts'
import { bucketSizes, runStream, type StreamOptions } from '../../../src/lib/insert-bench/stream.ts'
import type { BenchTable } from '../../../src/lib/insert-bench/table.ts'
import { createVirtualClock } from '../../support/load/virtual-clock.ts'

const slow = (startedAt: number, ms: number, rows = 0): SlowInsert => ({ startedAt, ms, rows })

describe('findStalls', () => {
  it('wants more than 100 ms, and more than 20 times the p50', () => {
    expect(findStalls([slow(0, 100), slow(500, 101)], 1)).toEqual([slow(500, 101)])
    expect(findStalls([slow(0, 200), slow(500, 201)], 10)).toEqual([slow(500, 201)])
  })

  it('takes what overlaps for one, from the first onset to the last return', () => {
    const stalls = findStalls([slow(300, 150, 9), slow(0, 200, 5), slow(100, 190, 6), slow(450, 120, 10)], 1)
    // 0 to 200 and 100 to 290 overlap; 300 to 450 and 450 to 570 only touch.
    expect(stalls).toEqual([slow(0, 290, 5), slow(300, 150, 9), slow(450, 120, 10)])
  })

  it('keeps the longest, in order of time', () => {
    expect(longest([slow(0, 5), slow(1, 9), slow(2, 7)], 2)).toEqual([slow(1, 9), slow(2, 7)])
  })
})

describe('bucketSizes', () => {
  it('are twenty or fewer, even, and add up', () => {
    expect(bucketSizes(3)).toEqual([1, 1, 1])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (inserts) => {
        const sizes = bucketSizes(inserts)
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(inserts)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }),
    )
  })
})

/** A stream on a virtual clock, whose inserts take as long as `service` says, ms. */
async function stream(service: (row: number) => number, more: Partial<StreamOptions> = {}, present = 1000) {
  const clock = createVirtualClock()
  let rows = present
  let closed = 0
  const table: BenchTable = {
    count: async () => rows,
    requireRoom: async () => {},
    seedTo: async () => {},
    counters: async () => [{ name: 'page reads', value: rows * 3, kind: 'total', unit: 'pages' }],
    open: async () => ({
      draw: () => () =>
        new Promise((resolve) => {
          const ms = service(rows++)
          clock.schedule(ms, resolve)
        }),
      controlStatement: 'nothing',
      control: async () => {},
      close: async () => void closed++,
    }),
  }
  const done = runStream(table, {
    keys: 'ascending',
    rows: present + 400,
    concurrency: 1,
    rate: null,
    clock,
    signal: new AbortController().signal,
    show: (_title, _unit, step) => step(() => {}),
    turn: async () => {},
    ...more,
  })
  const [result] = await Promise.all([done, clock.runAll()])
  expect(closed).toBe(1)
  return result!
}

describe('runStream, by hand', () => {
  it('has a rate and quantiles for each twentieth of the way', async () => {
    // 20 rows a bucket: 2 ms each in the first half, 4 ms each in the second.
    const result = await stream((row) => (row < 1200 ? 2 : 4))
    expect(result).toMatchObject({
      keys: 'ascending',
      inserts: 400,
      // 200 of 2 ms, 200 of 4 ms.
      seconds: 1.2,
      stallCount: 0,
      stalls: [],
    })
    expect(result.buckets).toHaveLength(20)
    expect(result.buckets[0]).toMatchObject({ fromRows: 1000, toRows: 1020, inserts: 20, insertsPerSecond: 500 })
    expect(result.buckets[0]).toMatchObject({ p50: 2000, p99: 2000, max: 2000, counters: [{ value: 3 }] })
    expect(result.buckets[19]).toMatchObject({ fromRows: 1380, toRows: 1400, insertsPerSecond: 250, p50: 4000 })
    expect(result.exitInsertsPerSecond).toBe(250)
  })

  it('tells when it stalled, for how long, and at how many rows', async () => {
    const result = await stream((row) => (row === 1100 ? 350 : row === 1300 ? 99 : 1))
    expect(result).toMatchObject({ stallCount: 1, stallMs: 350, stalls: [{ startSecond: 0.1, ms: 350, rows: 1100 }] })
    expect(result.buckets[5]!.max).toBe(350_000)
  })

  it('calls nothing a stall where every insert takes that long', async () => {
    expect((await stream(() => 150)).stallCount).toBe(0)
  })

  it('counts what one stall keeps waiting on a schedule as response time, once as a stall', async () => {
    const result = await stream((row) => (row === 1000 ? 1000 : 1), { rate: 100 })
    expect(result).toMatchObject({ stallCount: 1, stallMs: 1000 })
    // Due at 190 ms, sent at 1,000 + 18, back at 1,019.
    expect(result.buckets[0]!.p50).toBeGreaterThan(800_000)
  })

  it('ends with what there is when it is told to', async () => {
    const stop = new AbortController()
    const result = await stream(
      (row) => {
        if (row === 1029) stop.abort()
        return 1
      },
      { signal: stop.signal },
    )
    expect(result).toMatchObject({ inserts: 30, seconds: 0.03 })
    expect(result.buckets.map(({ inserts }) => inserts)).toEqual([20, 10])
  })

  it('refuses a size that the table has', async () => {
    await expect(stream(() => 1, { rows: 1000 })).rejects.toThrow('the table has 1,000 rows by then')
  })
})
