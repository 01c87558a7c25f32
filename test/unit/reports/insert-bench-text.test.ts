import { describe, expect, it } from 'vitest'
import { insertBenchSummary } from '../../../src/lib/reports/insert-bench-text.ts'
import type { InsertBenchReport } from '../../../src/lib/reports/record.ts'
import { savedReport } from '../../report-fixtures.ts'

const saved = savedReport('insert-bench', 'insert-bench-baseline.json')
const latencies = { mean: 251.2, p50: 220.4, p95: 400, p99: 900, max: 1500 }
const checkpoint = { rows: 6_000_000, inserts: 100, ...latencies }

const summary = (more: Partial<InsertBenchReport>) => insertBenchSummary({ ...saved, ...more }, 'the original: 8.9 ms')

describe('insertBenchSummary', () => {
  it('has a row for each table size, and the original beside it', () => {
    const text = summary({ checkpoints: [checkpoint] })
    expect(text).toContain('6,000,000      100  251 us  220 us  400 us  900 us  1.50 ms')
    expect(text).toContain('synchronous=full')
    expect(text).toMatch(/the original: 8.9 ms$/)
    expect(text).not.toContain('counters')
  })

  it('has a row for each order of keys, with what the server counted on the same axis', () => {
    const reads = (value: number) => [
      { name: 'page reads', unit: 'pages', kind: 'total' as const, value },
      { name: 'checkpoint age', unit: 'bytes', kind: 'level' as const, value: 4_194_842 },
    ]
    const text = summary({
      checkpoints: [
        { ...checkpoint, keys: 'append', counters: reads(0) },
        { ...checkpoint, keys: 'random', counters: reads(2.2) },
      ],
    })
    expect(text).toMatch(/rows +keys +inserts/)
    expect(text).toMatch(/6,000,000 +random +100 +251 us/)
    expect(text).toMatch(/rows +keys +page reads\/insert +checkpoint age\n/)
    expect(text).toMatch(/6,000,000 +append +0 +4.19 MB\n/)
    expect(text).toMatch(/6,000,000 +random +2.20 +4.19 MB\n/)
  })

  it('shows service times and the rate beside response times on a schedule', () => {
    const serviceTime = { ...latencies, p50: 100, p99: 200 }
    const text = summary({ checkpoints: [{ ...checkpoint, serviceTime, insertsPerSecond: 499.6 }] })
    expect(text).toMatch(/service p50 +service p99 +inserts\/s\n/)
    expect(text).toMatch(/1.50 ms +100 us +200 us +500\n/)
  })

  it('says that the server tells nothing, and that it was stopped', () => {
    const text = summary({ checkpoints: [{ ...checkpoint, counters: [] }], interrupted: true })
    expect(text).toContain('server counters: none')
    expect(text).toContain('stopped before its time')
  })
})
