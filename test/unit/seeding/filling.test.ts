import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/lib/base/random.ts'
import type { AnyTable } from '../../../src/lib/ports/database.ts'
import { createChunkBuffers } from '../../../src/lib/seeding/blocks.ts'
import { chunksOfBlock, planFillBlocks } from '../../../src/lib/seeding/filling/fill-blocks.ts'
import { fillPart, type TableFilling } from '../../../src/lib/seeding/filling/filling.ts'
import {
  blanks,
  constant,
  digitGroups,
  letters,
  sequence,
  time,
  uniform,
  whole,
  type ColumnGenerator,
} from '../../../src/lib/seeding/filling/generators.ts'
import { sbtest, sbtestFilling } from '../../../src/lib/workloads/oltp/tables.ts'
import {
  accounts,
  branches,
  history,
  perScale,
  tables,
  tellers,
  tpcbFilling,
} from '../../../src/lib/workloads/tpcb/tables.ts'
import { recordFilling, recordKey, usertable } from '../../../src/lib/workloads/ycsb/tables.ts'

const table: AnyTable = {
  name: 'some',
  columns: { a: { type: 'integer' }, b: { type: 'integer' } },
  primaryKey: 'a',
  unique: [],
  indexes: [],
  references: [],
}

function valuesOf(generator: ColumnGenerator, rows: number): string[] {
  const random = createRandom('test')
  return Array.from({ length: rows }, (_, index) => {
    const target = Buffer.alloc(generator.width, '?')
    generator.write(target, 0, index, random)
    return target.toString('latin1')
  })
}

/** The lines of a table as every bulk path gets them. */
function linesOf(filling: TableFilling, seed = 'test'): string[] {
  return planFillBlocks([filling]).flatMap((plan) =>
    Array.from(chunksOfBlock(seed, plan, createChunkBuffers(plan.part.layout.rowBytes)), ({ bytes }) =>
      bytes.toString('latin1'),
    )
      .join('')
      .split('\n')
      .slice(0, -1),
  )
}

describe('the values of a column', () => {
  it('are as they are declared', () => {
    expect(valuesOf(sequence({ last: 12 }), 12).at(-1)).toBe('12')
    expect(valuesOf(sequence({ last: 2, each: 3 }), 6)).toEqual(['1', '1', '1', '2', '2', '2'])
    expect(valuesOf(sequence({ last: 10, from: 9, of: 2 }), 4)).toEqual(['09', '10', '09', '10'])
    expect(
      valuesOf(
        whole(100, (index) => index * 7),
        3,
      ),
    ).toEqual(['000', '007', '014'])
    expect(valuesOf(constant('-1000'), 1)).toEqual(['-1000'])
    expect(valuesOf(blanks(3), 1)).toEqual(['   '])
    expect(valuesOf(time(Date.UTC(2026, 0, 31, 8)), 1)).toEqual(['2026-01-31 08:00:00.000000'])
    expect(() => constant("it's")).toThrow(RangeError)
    expect(() => constant('a\tb')).toThrow(RangeError)
  })

  it('are random within their bounds', () => {
    const drawn = valuesOf(uniform(5, 7), 300)
    expect(new Set(drawn)).toEqual(new Set(['5', '6', '7']))
    const groups = valuesOf(digitGroups(10, 11), 50)
    for (const text of groups) expect(text).toMatch(/^\d{11}(-\d{11}){9}$/)
    expect(new Set(groups).size).toBe(50)
    // 5,500 digits: each of the ten is there some 550 times.
    const counts = Map.groupBy(groups.join('').replaceAll('-', ''), (digit) => digit)
    for (const digit of '0123456789') expect(counts.get(digit)!.length).toBeGreaterThan(450)
    for (const text of valuesOf(letters(13), 50)) expect(text).toMatch(/^[\w+/]{13}$/)
  })

  it('stand for columns that are there', () => {
    expect(() => fillPart(table, 1, { c: blanks(1) })).toThrow('some has no column c')
  })
})

describe('the blocks of a filling', () => {
  const filling = (rows: number): TableFilling => {
    const columns = { a: sequence({ last: 1_000_000 }), b: uniform(1, 9) }
    return { table, amount: {}, parts: [fillPart(table, rows, columns), fillPart(table, 3, columns)] }
  }

  it('hold every row once, in any number of rows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400_000 }), (rows) => {
        const plans = planFillBlocks([filling(rows), filling(1)])
        expect(plans.map(({ number }) => number)).toEqual(plans.map((_, at) => at))
        const ofFirst = plans.filter(({ part }) => part === plans[0]?.part)
        let next = 0
        for (const { first, rows: count } of ofFirst) {
          expect(first).toBe(next)
          next += count
        }
        expect(plans.reduce((sum, plan) => sum + plan.rows, 0)).toBe(rows + 3 + 1 + 3)
      }),
      { numRuns: 50 },
    )
  })

  it('have the same rows however they are made, and others from another seed', () => {
    const [last] = planFillBlocks([filling(120_000)]).slice(2)
    const buffers = createChunkBuffers(last!.part.layout.rowBytes)
    const alone = Array.from(chunksOfBlock('test', last!, buffers), ({ bytes }) => bytes.toString('latin1')).join('')
    const all = linesOf(filling(120_000))
    expect(alone.split('\n').slice(0, -1)).toEqual(all.slice(100_000, 120_000))
    expect(linesOf(filling(100), 'another')).not.toEqual(linesOf(filling(100)))
    // Blocks do not repeat each other.
    const drawn = (from: number) => all.slice(from, from + 100).map((line) => line.split('\t')[1])
    expect(drawn(50_000)).not.toEqual(drawn(0))
  })

  it('of wide rows are smaller', () => {
    const wide: AnyTable = { ...table, columns: { a: { type: 'text', maxLength: 2000 } } }
    const parts = [fillPart(wide, 20_000, { a: letters(1999) })]
    expect(planFillBlocks([{ table: wide, amount: {}, parts }]).map(({ rows }) => rows)).toEqual([8000, 8000, 4000])
  })
})

describe('the rows of the workloads', () => {
  it("of oltp are sysbench's", () => {
    const [first, second] = sbtestFilling({ tables: 2, tableRows: 1000 })
    expect([first, second].map((each) => each?.table)).toEqual([sbtest(1), sbtest(2)])
    const lines = linesOf(first!)
    expect(lines).toHaveLength(1000)
    for (const [at, line] of lines.entries()) {
      const [id, k, c, pad, ...rest] = line.split('\t')
      expect(Number(id)).toBe(at + 1)
      expect(Number(k)).toBeGreaterThanOrEqual(1)
      expect(Number(k)).toBeLessThanOrEqual(1000)
      expect(c).toMatch(/^(\d{11}-){9}\d{11}$/)
      expect(pad).toMatch(/^(\d{11}-){4}\d{11}$/)
      expect(rest).toEqual([])
    }
    // Tables are not copies of each other.
    expect(linesOf(second!)).not.toEqual(lines)
  })

  it('of ycsb have keys all over, and none twice', () => {
    const size = { tableRows: 5000, fields: 2, fieldLength: 7 }
    const [filling] = recordFilling(size)
    expect(filling!.table).toEqual(usertable(size))
    const lines = linesOf(filling!)
    for (const [at, line] of lines.entries()) {
      const [key, ...values] = line.split('\t')
      expect(key).toBe(recordKey(at))
      expect(key).toMatch(/^user\d{20}$/)
      for (const value of values) expect(value).toMatch(/^[\w+/]{7}$/)
      expect(values).toHaveLength(2)
    }
    const sorted = lines.toSorted()
    expect(new Set(lines.map((line) => line.slice(0, 24))).size).toBe(5000)
    expect(sorted).not.toEqual(lines)
  })

  it("of tpcb are pgbench's", () => {
    const filling = tpcbFilling(2)
    expect(filling.map((each) => each.table)).toEqual([...tables])
    const [ofBranches, ofTellers, ofAccounts, ofHistory] = [branches, tellers, accounts, history].map((each) =>
      linesOf(filling.find((one) => one.table === each)!),
    )
    expect(ofBranches).toEqual(['1\t0', '2\t0'])
    expect(ofTellers?.[0]).toBe('01\t1\t0')
    expect(ofTellers?.at(9)).toBe('10\t1\t0')
    expect(ofTellers?.at(10)).toBe('11\t2\t0')
    expect(ofTellers).toHaveLength(20)
    expect(ofAccounts).toHaveLength(2 * perScale.accounts)
    expect(ofAccounts?.[99_999]).toBe(`100000\t1\t0\t${' '.repeat(84)}`)
    expect(ofAccounts?.[100_000]).toBe(`100001\t2\t0\t${' '.repeat(84)}`)
    expect(ofHistory).toEqual([])
  })
})
