import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnyWhere, Table } from '../../../../../src/lib/ports/database.ts'
import { compareValues } from '../../../../../src/lib/adapters/databases/redis/conditions.ts'
import { planRead } from '../../../../../src/lib/adapters/databases/redis/read-plans.ts'
import { encodeRow, toTerms } from '../../../../../src/lib/adapters/databases/redis/rows.ts'

const integer = { type: 'integer' } as const
const table: Table<{ id: number; day: number; name: string; left: number }> = {
  name: 'places',
  columns: { id: integer, day: integer, name: { type: 'text', maxLength: 9 }, left: integer },
  primaryKey: 'id',
  unique: [['day', 'name']],
  indexes: [['left'], ['day', 'left']],
  references: [],
}

function plan(where: AnyWhere, orderBy: readonly string[] = [], descending = false) {
  return planRead(table, { terms: toTerms(table, where), orderBy, descending, indexes: table.indexes })
}

const everything = { from: false, to: false, descending: false }

describe('the way to the rows', () => {
  it('is the key, in the order asked for, a thousand at once', () => {
    const ids = Array.from({ length: 1001 }, (_, id) => id)
    const { plans, isOrdered } = plan({ id: { in: ids }, day: 3 }, ['id'], true)
    expect(plans).toEqual([
      { by: 'keys', keys: ids.toReversed().slice(0, 1000).map(String) },
      { by: 'keys', keys: ['0'] },
    ])
    expect(isOrdered).toBe(true)
  })

  it('is a unique value when all of it is given', () => {
    expect(plan({ name: 'a', day: 3 }).plans).toEqual([{ by: 'unique', columns: 'day,name', equal: ['3', 'a'] }])
  })

  it.each([
    [{}, [], [{ by: 'order', ...everything }], true],
    [{ id: { gt: 1, lte: 5 } }, ['id'], [{ by: 'order', ...everything, from: ['1', false], to: ['5', true] }], true],
    [{ left: 2 }, ['id'], [{ by: 'index', columns: 'left', equal: ['2'], ...everything }], true],
    [{ left: 2 }, ['day'], [{ by: 'index', columns: 'left', equal: ['2'], ...everything }], false],
    [
      { left: { gte: 2 }, day: 4 },
      ['left', 'id'],
      [{ by: 'index', columns: 'day,left', equal: ['4'], ...everything, from: ['2', true] }],
      true,
    ],
    [
      { left: 2, day: 4, id: { lt: 9 } },
      [],
      [{ by: 'index', columns: 'day,left', equal: ['4', '2'], ...everything, to: ['9', false] }],
      true,
    ],
    [
      { left: { in: [1, 2] } },
      ['id'],
      [1, 2].map((left) => ({ by: 'index', columns: 'left', equal: [String(left)], ...everything })),
      false,
    ],
    [{}, ['left'], [{ by: 'index', columns: 'left', equal: [], ...everything }], true],
    [{ name: 'a' }, ['name'], [{ by: 'order', ...everything }], false],
  ] as const)('of %j ordered by %j', (where, orderBy, plans, isOrdered) => {
    expect(plan(where, orderBy)).toEqual({ plans, isOrdered })
  })
})

it('sorts texts as their bytes sort', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      expect(Math.sign(compareValues(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
  expect(compareValues('\u{10000}', '\uFFFF')).toBeGreaterThan(0)
})

it('writes rows in the order of the columns, without half characters, and refuses half rows', () => {
  expect(encodeRow(table, { left: -2, name: 'a\uD800"', day: 9_007_199_254_740_991, id: 0 })).toBe(
    JSON.stringify(['0', '9007199254740991', 'a\uFFFD"', '-2']),
  )
  expect(() => encodeRow(table, { id: 1, day: 2, name: 'x' })).toThrow('left')
  expect(() => toTerms(table, { day: undefined })).toThrow('day')
  expect(() => toTerms(table, { month: 1 })).toThrow('month')
})
