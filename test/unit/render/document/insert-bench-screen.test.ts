import { describe, expect, it } from 'vitest'
import type { InsertBenchReport } from '../../../../src/lib/record/record.ts'
import { savedReport } from '../../../support/reports/fixtures.ts'
import { screenOf } from '../../../support/reports/rendered.ts'

const saved = savedReport('insert-bench', 'insert-bench-baseline.json')
const latencies = { mean: 251.2, p50: 220.4, p95: 400, p99: 900, max: 1500 }
const checkpoint = { rows: 6_000_000, inserts: 100, ...latencies }

const summary = (more: Partial<InsertBenchReport>) => screenOf({ ...saved, ...more }, 'the original: 8.9 ms')

describe('screenOf', () => {
  it('has a row for each table size, and the original beside it', () => {
    const text = summary({ checkpoints: [checkpoint] })
    expect(text).toContain('6,000,000      100  251 us  220 us  400 us  900 us  1.50 ms')
    expect(text).toContain('synchronous=full')
    // Right under the table, not at the end of everything.
    expect(text).toMatch(/1.50 ms\nthe original: 8.9 ms/)
    expect(screenOf(saved, null)).not.toContain('original')
    expect(text).not.toContain('counters')
  })

  it('calls inserts durable only where nothing is at risk', () => {
    const on = (durability: Record<string, string>) =>
      summary({ checkpoints: [checkpoint], environment: { ...saved.environment, durability } })
    expect(on({ synchronous: 'full', at_risk: 'nothing' })).toMatch(
      /^single durable inserts into .* \(synchronous=full\)\n\n/,
    )
    expect(on({ synchronous: 'off', at_risk: 'everything' })).toMatch(
      /^single inserts into .* \(synchronous=off\)\nNOT durable: a crash may undo everything\n/,
    )
    expect(on({ at_risk: 'unknown' })).toMatch(
      /^single inserts into .*\nNOT called durable: the server does not tell what a crash may undo\n/,
    )
    // An earlier version did not say.
    expect(on({ synchronous: 'full' })).toMatch(/^single inserts into .* \(synchronous=full\)\n\n/)
  })

  it('has a row for each order of keys, with what the server counted on the same axis', () => {
    const reads = (value: number) => [
      { name: 'page reads', unit: 'pages', kind: 'total' as const, value },
      { name: 'checkpoint age', unit: 'bytes', kind: 'level' as const, value: 4_194_842 },
    ]
    const text = summary({
      checkpoints: [
        { ...checkpoint, keys: 'ascending', counters: reads(0) },
        { ...checkpoint, keys: 'random', counters: reads(2.2) },
      ],
    })
    expect(text).toMatch(/rows +keys +inserts/)
    expect(text).toMatch(/6,000,000 +random +100 +251 us/)
    expect(text).toMatch(/rows +keys +page reads\/insert +checkpoint age\n/)
    expect(text).toMatch(/6,000,000 +ascending +0 +4.19 MB\n/)
    expect(text).toMatch(/6,000,000 +random +2.20 +4.19 MB$/m)
  })

  it('says that a binary log is not counted where it is on and its bytes are not told', () => {
    const written = { name: 'log written', unit: 'bytes', kind: 'total' as const, value: 1 }
    const on = (log: string, counters: (typeof written)[]) =>
      summary({
        checkpoints: [{ ...checkpoint, counters }],
        environment: { ...saved.environment, durability: { log_bin: log } },
      })
    expect(on('ON', [written])).toMatch(/^6,000,000 +1 B\nthe binary log is on and not counted/m)
    expect(on('OFF', [written])).not.toContain('not counted')
    expect(on('ON', [written, { ...written, name: 'binlog written' }])).not.toContain('not counted')
  })

  it('shows service times and the rate beside response times on a schedule', () => {
    const serviceTime = { ...latencies, p50: 100, p99: 200 }
    const text = summary({ checkpoints: [{ ...checkpoint, serviceTime, insertsPerSecond: 499.6 }] })
    expect(text).toMatch(/service p50 +service p99 +inserts\/s\n/)
    expect(text).toMatch(/1.50 ms +100 us +200 us +500\n/)
  })

  it('says how to get the counters of one order of keys on a schedule', () => {
    const timed = { ...checkpoint, counters: [], serviceTime: latencies }
    const text = summary({
      checkpoints: [
        { ...timed, keys: 'ascending' },
        { ...timed, keys: 'random' },
      ],
    })
    expect(text).toContain('server counters: none; on a schedule they can only be told for one order of keys')
  })

  it('says that the server tells nothing, and that it was stopped', () => {
    const text = summary({ checkpoints: [{ ...checkpoint, counters: [] }], interrupted: true })
    expect(text).toContain('server counters: none; this server tells nothing')
    expect(text).toContain('stopped before its time')
  })

  it('draws the curve from two sizes on, as wide as it may', () => {
    expect(summary({ checkpoints: [checkpoint] })).not.toContain('└')
    const checkpoints = [{ ...checkpoint, rows: 0 }, checkpoint]
    const text = screenOf({ ...saved, checkpoints }, '', 60)
    expect(text).toContain('● p50   ○ p99')
    expect(text).toMatch(/0 +6m rows\n/)
    expect(
      Math.max(
        ...text
          .split('\n')
          .slice(6)
          .map((line) => line.length),
      ),
    ).toBe(60)
  })

  it('tells of a stream: a row for each bucket, the exit rate and the longest stalls', () => {
    const bucket = (toRows: number) => ({
      ...latencies,
      fromRows: toRows - 1000,
      toRows,
      inserts: 1000,
      seconds: 0.5,
      insertsPerSecond: 2000,
    })
    const stalls = [1, 2, 3, 4, 5, 6].map((n) => ({ startSecond: n, ms: 100 * n, rows: n }))
    const stream = {
      keys: 'random' as const,
      inserts: 2000,
      seconds: 1,
      exitInsertsPerSecond: 1999,
      buckets: [bucket(1000), bucket(2000)],
      stallCount: 6,
      stallMs: 2100,
      stalls,
    }
    const text = summary({ checkpoints: [], stream })
    expect(text).toMatch(/up to rows +keys +inserts/)
    expect(text).toMatch(/2,000 +random +1,000 .* 2,000\nthe original/)
    expect(text).toContain('2,000 inserts in 1.0 s: 2,000/s in all, 1,999/s over the last tenth (exit rate)')
    expect(text).toMatch(/^6 stalls .* 2.1 s in all; the longest:\n {2}600 ms at 6 rows, 6.0 s after the start\n/m)
    expect(text).not.toContain('100 ms at 1 rows')
    expect(summary({ checkpoints: [], stream: { ...stream, stallCount: 0, stalls: [] } })).toContain('no stalls')
  })
})
