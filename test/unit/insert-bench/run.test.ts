import { describe, expect, it } from 'vitest'
import { summarizeInserts } from '../../../src/lib/insert-bench/measure.ts'
import { runInsertBench, type BenchTable } from '../../../src/lib/insert-bench/run.ts'

const options = { at: [], inserts: 20, warmup: 5, signal: new AbortController().signal }

/** A table that only counts its rows. */
function countingTable(rows: number): BenchTable & { closed: number } {
  const table = {
    closed: 0,
    count: async () => rows,
    seedTo: async (size: number) => void (rows = Math.max(rows, size)),
    open: async () => ({ insert: async () => void rows++, close: async () => void table.closed++ }),
  }
  return table
}

describe('runInsertBench', () => {
  it('measures at the size that the table has', async () => {
    const table = countingTable(1000)
    const [checkpoint, ...others] = await runInsertBench(table, options)
    expect(others).toEqual([])
    expect(checkpoint).toMatchObject({ rows: 1000, inserts: 20 })
    expect(await table.count()).toBe(1025)
    expect(table.closed).toBe(1)
  })

  it('seeds up to each size first', async () => {
    const checkpoints = await runInsertBench(countingTable(0), { ...options, at: [0, 1000, 2000] })
    expect(checkpoints.map(({ rows }) => rows)).toEqual([0, 1000, 2000])
  })

  it('refuses sizes that the table has passed, before it inserts anything', async () => {
    const table = countingTable(100)
    await expect(runInsertBench(table, { ...options, at: [50] })).rejects.toThrow('the table has 100 rows by then')
    await expect(runInsertBench(table, { ...options, at: [100, 110] })).rejects.toThrow('--at 110')
    expect(await table.count()).toBe(100)
  })

  it('ends with the error of the insert that failed, and closes the table', async () => {
    const table = countingTable(0)
    const failing = {
      ...table,
      open: async () => ({
        insert: async () => Promise.reject(new Error('disk full')),
        close: async () => void table.closed++,
      }),
    }
    await expect(runInsertBench(failing, options)).rejects.toThrow('disk full')
    expect(table.closed).toBe(1)
  })

  it('stops between sizes once it is told to', async () => {
    const stop = new AbortController()
    const table = countingTable(0)
    const seedTo = async (size: number) => {
      if (size > 0) stop.abort()
      await table.seedTo(size)
    }
    const checkpoints = await runInsertBench({ ...table, seedTo }, { ...options, at: [0, 1000], signal: stop.signal })
    expect(checkpoints).toHaveLength(1)
  })
})

describe('summarizeInserts', () => {
  it('takes percentiles of all inserts, in microseconds', () => {
    const latencies = Array.from({ length: 100 }, (_, i) => 100 - i)
    expect(summarizeInserts(5, latencies)).toEqual({
      rows: 5,
      inserts: 100,
      p50: 50,
      p95: 95,
      p99: 99,
      max: 100,
      mean: 50.5,
    })
  })
})
