import { describe, expect, it } from 'vitest'
import { summarizeLatencies } from '../../../src/lib/insert-bench/measure.ts'
import { runInsertBench, sweepTo, type BenchOptions } from '../../../src/lib/insert-bench/run.ts'
import type { BenchTable } from '../../../src/lib/insert-bench/table.ts'
import { realClock } from '../../../src/lib/base/measure/clock.ts'
import type { InsertKeyOrder } from '../../../src/lib/base/key-order.ts'

const options: BenchOptions = {
  at: [],
  keys: ['ascending'],
  inserts: 20,
  warmup: 5,
  concurrency: 1,
  rate: null,
  clock: realClock,
  signal: new AbortController().signal,
  show: (_title, _unit, step) => step(() => {}),
}

/** A table that only counts its rows, and a server that counts two pages for each random insert. */
function countingTable(rows: number): BenchTable & { closed: number; controls: number; order: InsertKeyOrder[] } {
  let pages = 1000
  const table = {
    closed: 0,
    controls: 0,
    order: [] as InsertKeyOrder[],
    count: async () => rows,
    requireRoom: async (more: number) => {
      if (rows + more > 1_000_000) throw new Error(`no room for ${more}`)
    },
    seedTo: async (size: number) => void (rows = Math.max(rows, size)),
    counters: async () => [
      { name: 'page reads', value: pages, kind: 'total' as const, unit: 'pages' },
      { name: 'checkpoint age', value: rows, kind: 'level' as const, unit: 'bytes' },
    ],
    open: async () => ({
      draw: (keys: InsertKeyOrder) => async () => {
        rows++
        if (keys === 'random') pages += 2
        table.order.push(keys)
      },
      controlStatement: 'nothing',
      control: async () => void table.controls++,
      close: async () => void table.closed++,
    }),
  }
  return table
}

describe('runInsertBench', () => {
  it('measures at the size that the table has', async () => {
    const table = countingTable(1000)
    const [checkpoint, ...others] = await runInsertBench(table, options)
    expect(others).toEqual([])
    expect(checkpoint).toMatchObject({ rows: 1000, inserts: 20, keys: 'ascending' })
    expect(checkpoint!.blocks).toHaveLength(2)
    expect(checkpoint).not.toHaveProperty('serviceTime')
    expect(checkpoint!.control).toMatchObject({ statement: 'nothing', statements: 20 })
    expect(checkpoint!.control!.blocks).toHaveLength(2)
    expect(checkpoint!.warmUp).toMatchObject({ inserts: 5, statements: 50 })
    expect(table.controls).toBe(70)
    // Of the 27, one leads in each block.
    expect(await table.count()).toBe(1027)
    expect(table.closed).toBe(1)
  })

  it('seeds up to each size first', async () => {
    const checkpoints = await runInsertBench(countingTable(0), { ...options, at: [0, 1000, 2000] })
    expect(checkpoints.map(({ rows }) => rows)).toEqual([0, 1000, 2000])
  })

  it('tells after each size what was measured and what is left', async () => {
    const told: unknown[] = []
    const onSize = async (checkpoints: readonly { readonly rows: number }[], left: readonly number[]) =>
      void told.push([checkpoints.map(({ rows }) => rows), left])
    await runInsertBench(countingTable(0), { ...options, at: [0, 1000, 2000], onSize })
    expect(told).toEqual([
      [[0], [1000, 2000]],
      [[0, 1000], [2000]],
      [[0, 1000, 2000], []],
    ])
  })

  it('measures series in turns, the order alternating, each with its own counters', async () => {
    const table = countingTable(0)
    const keys: InsertKeyOrder[] = ['ascending', 'random']
    const checkpoints = await runInsertBench(table, { ...options, keys, warmup: 1 })
    const block = (order: InsertKeyOrder) => Array.from({ length: 1 + 10 }, () => order)
    expect(table.order).toEqual([
      'ascending',
      'random',
      ...block('ascending'),
      ...block('random'),
      ...block('random'),
      ...block('ascending'),
    ])
    expect(checkpoints.map((checkpoint) => [checkpoint.keys, checkpoint.rows, checkpoint.counters[0]?.value])).toEqual([
      ['ascending', 0, 0],
      ['random', 0, 2],
    ])
    expect(checkpoints[0]!.counters[1]).toMatchObject({ name: 'checkpoint age', value: 46 })
  })

  it.each([
    // Two blocks of each series, and an insert on each connection to lead in each of them.
    [{ concurrency: 4 }, 'insertsPerSecond', 16],
    [{ rate: 5000 }, 'serviceTime', 0],
    [{ rate: 5000, concurrency: 2 }, 'insertsPerSecond', 0],
  ])('measures with %j too, and says %s', async (more, said, leadIns) => {
    const table = countingTable(0)
    const checkpoints = await runInsertBench(table, { ...options, keys: ['random', 'ascending'], inserts: 40, ...more })
    expect(checkpoints.map(({ keys, inserts }) => [keys, inserts])).toEqual([
      ['random', 40],
      ['ascending', 40],
    ])
    for (const checkpoint of checkpoints) expect(checkpoint).toHaveProperty(said)
    expect(await table.count()).toBe(90 + leadIns)
  })

  it('settles before each block, and once before a schedule', async () => {
    const settled: number[] = []
    const table = countingTable(0)
    const settle = () => void settled.push(table.order.length)
    await runInsertBench(table, { ...options, inserts: 40, settle })
    expect(settled).toEqual([5, 16, 27, 38])
    await runInsertBench(table, { ...options, inserts: 40, rate: 5000, settle })
    expect(settled.slice(4)).toEqual([54])
  })

  it('tells counters apart on a schedule only where there is one series', async () => {
    const timed = { ...options, rate: 5000, warmup: 0 }
    const [single] = await runInsertBench(countingTable(0), { ...timed, keys: ['random'] })
    expect(single!.counters[0]).toMatchObject({ name: 'page reads', value: 2 })
    const both = await runInsertBench(countingTable(0), { ...timed, keys: ['random', 'ascending'] })
    expect(both.map(({ counters }) => counters)).toEqual([[], []])
  })

  it('refuses sizes that the table has passed, before it inserts anything', async () => {
    const table = countingTable(100)
    await expect(runInsertBench(table, { ...options, at: [50] })).rejects.toThrow('the table has 100 rows by then')
    await expect(runInsertBench(table, { ...options, at: [100, 110] })).rejects.toThrow('--at 110')
    expect(await table.count()).toBe(100)
  })

  it('says before it inserts anything that the last size does not fit', async () => {
    const table = countingTable(100)
    await expect(runInsertBench(table, { ...options, at: [1000, 999_990] })).rejects.toThrow('no room for 999917')
    expect(await table.count()).toBe(100)
  })

  it('ends with the error of the insert that failed, and closes the table', async () => {
    const table = countingTable(0)
    const failing = {
      ...table,
      open: async () => ({
        draw: () => async () => Promise.reject(new Error('disk full')),
        controlStatement: 'nothing',
        control: async () => {},
        close: async () => void table.closed++,
      }),
    }
    await expect(runInsertBench(failing, options)).rejects.toThrow('disk full')
    await expect(runInsertBench(failing, { ...options, warmup: 0 })).rejects.toThrow('disk full')
    expect(table.closed).toBe(2)
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

  it('keeps the whole blocks of a size that it is stopped at', async () => {
    const stop = new AbortController()
    const table = countingTable(0)
    const open = async () => {
      const session = await table.open(0, 1)
      return {
        ...session,
        draw: (keys: InsertKeyOrder) => {
          if (table.order.length === 35) stop.abort()
          return session.draw(keys, 0)
        },
      }
    }
    const left: (readonly number[])[] = []
    const onSize = async (_: unknown, sizes: readonly number[]) => void left.push(sizes)
    const [checkpoint] = await runInsertBench(
      { ...table, open },
      { ...options, inserts: 100, warmup: 0, signal: stop.signal, onSize },
    )
    expect(left).toEqual([[0]])
    expect(checkpoint).toMatchObject({ inserts: 30, blocks: [expect.anything(), expect.anything(), expect.anything()] })
  })
})

describe('sweepTo', () => {
  it('goes up in steps', () => {
    expect(sweepTo(10_000_000, 0, 110)).toEqual([0, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000])
  })

  it('begins at the rows that are there, and leaves out steps that are too near', () => {
    expect(sweepTo(200_000, 100_000, 110)).toEqual([100_000, 105_000, 110_000, 120_000, 150_000, 200_000])
    expect(sweepTo(1000, 0, 110)).toEqual([0, 200, 500, 1000])
    expect(sweepTo(1000, 1000, 110)).toEqual([1000])
  })

  it('refuses to shrink the table', () => expect(() => sweepTo(10, 11, 5)).toThrow('the table has 11 rows'))
})

describe('summarizeLatencies', () => {
  it('takes percentiles of all inserts, in microseconds', () => {
    const latencies = Array.from({ length: 100 }, (_, i) => 100 - i)
    expect(summarizeLatencies(latencies)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100, mean: 50.5 })
  })
})
