import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom, createPermutation } from '../../../src/lib/base/random.ts'
import { createBlockSource, planBlocks } from '../../../src/lib/seeding/blocks.ts'
import { createRowSummer, emptySum } from '../../../src/lib/seeding/checksum.ts'
import { createKeyWriter, type KeyRecipe, writeUuidV7 } from '../../../src/lib/seeding/keys.ts'
import {
  decodeRecipe,
  encodeRecipe,
  type SeedRecipe,
  distributeEvenly,
  type RowWriter,
} from '../../../src/lib/seeding/recipe.ts'
import { keyOrders, type KeyOrder } from '../../../src/lib/base/key-order.ts'

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)

describe('distributeEvenly', () => {
  it('gives everybody the same where there is room, and the rest to the others', () => {
    const capacities = [10, 2, 10, 0].map((free, key) => ({ key, free }))
    expect(distributeEvenly(capacities, 9)).toEqual([
      { key: 0, rows: 4 },
      { key: 1, rows: 2 },
      { key: 2, rows: 3 },
    ])
  })

  it('refuses more than there is room for', () => {
    expect(() => distributeEvenly([{ key: 1, free: 5 }], 6)).toThrow(
      '6 reservations do not fit: the slots have 5 places left',
    )
  })

  it('distributes exactly the rows, within the capacities, in order, and differs by one at most where there is room', () => {
    const capacities = fc.array(fc.nat(20), { maxLength: 30 }).map((all) => all.map((free, key) => ({ key, free })))
    fc.assert(
      fc.property(capacities, fc.nat(300), (given, wanted) => {
        const rows = Math.min(wanted, sum(given.map(({ free }) => free)))
        const distributed = distributeEvenly(given, rows)
        expect(sum(distributed.map((parent) => parent.rows))).toBe(rows)
        expect(distributed.map(({ key }) => key)).toEqual(distributed.map(({ key }) => key).toSorted((a, b) => a - b))
        const most = Math.max(0, ...distributed.map((parent) => parent.rows))
        for (const { key, rows: part } of distributed) {
          const free = given[key]!.free
          expect(part).toBeLessThanOrEqual(free)
          expect(part === free || part >= most - 1).toBe(true)
        }
      }),
    )
  })
})

describe('planBlocks', () => {
  it('keeps the rows of a parent together where they fit, and cuts those that are more than a block', () => {
    const parents = [3, 4, 1, 12].map((rows, key) => ({ key, rows }))
    expect(planBlocks(parents, 5)).toEqual([
      { number: 0, first: 0, rows: 3, parents: [{ key: 0, rows: 3 }] },
      {
        number: 1,
        first: 3,
        rows: 5,
        parents: [
          { key: 1, rows: 4 },
          { key: 2, rows: 1 },
        ],
      },
      { number: 2, first: 8, rows: 5, parents: [{ key: 3, rows: 5 }] },
      { number: 3, first: 13, rows: 5, parents: [{ key: 3, rows: 5 }] },
      { number: 4, first: 18, rows: 2, parents: [{ key: 3, rows: 2 }] },
    ])
    expect(planBlocks([])).toEqual([])
  })

  it('loses and invents nothing', () => {
    const parents = fc.array(fc.integer({ min: 1, max: 40 })).map((all) => all.map((rows, key) => ({ key, rows })))
    fc.assert(
      fc.property(parents, fc.integer({ min: 1, max: 50 }), (given, size) => {
        const blocks = planBlocks(given, size)
        let next = 0
        for (const [number, block] of blocks.entries()) {
          expect(block).toMatchObject({ number, first: next })
          expect(block.rows).toBeGreaterThan(0)
          expect(block.rows).toBeLessThanOrEqual(size)
          expect(sum(block.parents.map((parent) => parent.rows))).toBe(block.rows)
          next += block.rows
        }
        expect(next).toBe(sum(given.map(({ rows }) => rows)))
      }),
    )
  })
})

/** Rows `index parent`, so that a test can read what was made. */
const plainRows: RowWriter = (target, offset, index, parent) =>
  void target.write(`${String(index).padStart(7, '0')} ${String(parent).padStart(4, '0')}\n`, offset, 'latin1')
const plainBytes = 13

function makeRows(recipe: Partial<SeedRecipe>): { text: string; blocks: number } {
  const source = createBlockSource({ ...someRecipe, ...recipe }, plainBytes, plainRows)
  const makeBlock = source.createMaker()
  const text = source.plans.map((plan) => {
    const once = Array.from(makeBlock(plan).chunks(), ({ bytes }) => bytes.toString('latin1')).join('')
    const again = Array.from(makeBlock(plan).chunks(), ({ bytes }) => bytes.toString('latin1')).join('')
    expect(again).toBe(once)
    expect(once.length).toBe(plan.rows * plainBytes)
    return once
  })
  return { text: text.join(''), blocks: source.plans.length }
}

const someRecipe: SeedRecipe = {
  seed: 'seed',
  keys: 'ascending',
  order: 'grouped',
  indexes: 'before',
  firstSerial: 0,
  parents: Array.from({ length: 50 }, (_, key) => ({ key, rows: 2500 + key })),
}

describe('createBlockSource', () => {
  const lines = ({ text }: { text: string }) => text.trimEnd().split('\n')
  const parents = (rows: readonly string[]) => rows.map((row) => Number(row.slice(8)))

  it('makes grouped and shuffled rows with the same parents, as many of each as was distributed', () => {
    const grouped = parents(lines(makeRows({})))
    const shuffled = parents(lines(makeRows({ order: 'shuffled' })))
    expect(grouped).toEqual(someRecipe.parents.flatMap(({ key, rows }) => Array<number>(rows).fill(key)))
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(grouped)
    const neighbours = shuffled.filter((parent, row) => parent === shuffled[row + 1]).length
    // One in fifty by chance.
    expect(neighbours / shuffled.length).toBeLessThan(0.03)
  })

  it('numbers the rows from 0 over all blocks', () => {
    const made = makeRows({})
    expect(made.blocks).toBe(3)
    expect(lines(made).map((row) => Number(row.slice(0, 7)))).toEqual(lines(made).map((_, index) => index))
  })
})

describe('createPermutation', () => {
  it('is a bijection of any size, and depends on the seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.string(), (size, seed) => {
        const permute = createPermutation(size, seed)
        const values = Array.from({ length: size }, (_, index) => permute(index))
        expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, index) => index))
      }),
      { numRuns: 60 },
    )
    const first = (seed: string) => Array.from({ length: 20 }, (_, index) => createPermutation(1e10, seed)(index))
    expect(first('a')).toEqual(first('a'))
    expect(first('a')).not.toEqual(first('b'))
  })
})

describe('createKeyWriter', () => {
  const rows = 20_000
  const make = (keys: KeyOrder, rest: Partial<KeyRecipe> = {}) => {
    const random = createRandom('the same for all')
    const write = createKeyWriter({ keys, firstSerial: 0, rows, seed: 's', ...rest })
    const target = Buffer.alloc(36)
    return Array.from({ length: rows }, (_, index) => {
      write(target, 0, index, random)
      return target.toString('latin1')
    })
  }
  const ascends = (keys: readonly string[]) =>
    keys.filter((key, index) => index > 0 && key < keys[index - 1]!).length === 0

  it.each([
    ['ascending', 7, true],
    ['random', 4, false],
    ['spread', 4, true],
  ] as const)('%s: version %d, never twice', (order, version, inOrder) => {
    const keys = make(order)
    const form = new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
    expect(keys.every((key) => form.test(key))).toBe(true)
    expect(new Set(keys).size).toBe(rows)
    expect(ascends(keys)).toBe(inOrder)
    expect(make(order)).toEqual(keys)
  })

  it.each(['random', 'spread'] as const)('%s keys stand all over their space', (order) => {
    const perDigit = Map.groupBy(make(order), (key) => key[0])
    expect(perDigit.size).toBe(16)
    for (const keys of perDigit.values()) expect(Math.abs(keys.length - rows / 16)).toBeLessThan(200)
  })

  it('makes other keys for the next seeding with the same seed', () => {
    for (const order of keyOrders) {
      const all = [...make(order), ...make(order, { firstSerial: rows })]
      expect(order === 'spread' || new Set(all).size === 2 * rows).toBe(true)
    }
  })

  it('is unique by construction even where all random bits are the same', () => {
    const zeros = { ...createRandom(0), uint32: () => 0, float: () => 0 }
    for (const keys of keyOrders) {
      const write = createKeyWriter({ keys, firstSerial: 2 ** 32 - 5000, rows: 10_000, seed: 's' })
      const target = Buffer.alloc(36)
      const made = new Set<string>()
      for (let index = 0; index < 10_000; index++) {
        write(target, 0, index, zeros)
        made.add(target.toString('latin1'))
      }
      expect(made.size).toBe(10_000)
    }
  })
})

describe('a recipe as text', () => {
  const parents = fc
    .array(fc.record({ key: fc.integer({ min: 1, max: 30 }), rows: fc.integer({ min: 1, max: 3 }) }))
    .map((steps) => {
      let key = 0
      return steps.map((step) => ({ key: (key += step.key), rows: step.rows }))
    })

  it('comes back as it was', () => {
    fc.assert(
      fc.property(parents, fc.string(), fc.constantFrom(...keyOrders), fc.nat(), (all, seed, keys, firstSerial) => {
        const recipe = { ...someRecipe, seed, keys, firstSerial, parents: all }
        expect(decodeRecipe(encodeRecipe(recipe))).toEqual(recipe)
      }),
    )
  })

  it('is short for a regular calendar', () => {
    const days = Array.from({ length: 1096 }, (_, day) =>
      Array.from({ length: 36 }, (__, slot) => day * 1440 + slot * 20),
    )
    const regular = days.flat().map((key) => ({ key, rows: 100 }))
    expect(encodeRecipe({ ...someRecipe, parents: regular }).length).toBeLessThan(60_000)
  })

  it('is refused when it is anything else', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => decodeRecipe(text) === null))
    expect(decodeRecipe(encodeRecipe(someRecipe).slice(0, -1))).toBeNull()
  })
})

describe('createRowSummer', () => {
  const layout = {
    table: {
      name: 't',
      columns: { id: { type: 'ascii', length: 3 }, n: { type: 'integer' } },
      primaryKey: 'id',
      unique: [],
      indexes: [],
      references: [],
    },
    fields: [
      { column: 'id', offset: 0, width: 3 },
      { column: 'n', offset: 4, width: 4 },
    ],
    rowBytes: 9,
  } as const
  const sumOf = (rows: readonly { id: string; n: number }[], before = emptySum) => {
    const summer = createRowSummer(layout, before)
    for (const row of rows) summer.addRow(row)
    return summer.result()
  }
  const row = fc.record({ id: fc.stringMatching(/^[a-z]{3}$/), n: fc.integer({ min: 0, max: 9999 }) })

  it('gives an encoded row and the row that is read back the same sum', () => {
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const summer = createRowSummer(layout, emptySum)
        const bytes = Buffer.from(rows.map(({ id, n }) => `${id}\t${String(n).padStart(4, '0')}\n`).join(''))
        summer.addEncoded({ bytes, rows: rows.length })
        expect(summer.result()).toEqual(sumOf(rows))
      }),
    )
  })

  it('does not depend on the order, goes on from a sum, and sees a row that is lost, doubled or changed', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), row, (rows, other) => {
        const whole = sumOf(rows)
        expect(sumOf(rows.toReversed())).toEqual(whole)
        expect(sumOf(rows.slice(1), sumOf(rows.slice(0, 1)))).toEqual(whole)
        expect(sumOf(rows.slice(1)).checksum).not.toBe(whole.checksum)
        expect(sumOf([...rows, rows[0]!]).checksum).not.toBe(whole.checksum)
        const changed = sumOf([other, ...rows.slice(1)])
        expect(changed.checksum === whole.checksum).toBe(other.id === rows[0]!.id && other.n === rows[0]!.n)
      }),
    )
    expect(whole16(sumOf([{ id: 'abc', n: 1 }]))).toBe(true)
  })

  const whole16 = ({ checksum }: { checksum: string }) => /^[0-9a-f]{16}$/.test(checksum)
})

describe('writeUuidV7', () => {
  const text = (serial: number, high = 0, low = 0) => {
    const target = Buffer.alloc(36)
    writeUuidV7(target, 0, serial, high, low)
    return target.toString()
  }

  it('puts time, counter and random bits where RFC 9562 wants them', () => {
    // 2000-01-01 is 946684800000 ms = 0x00dc6acfac00.
    expect(text(0)).toBe('00dc6acf-ac00-7000-8000-000000000000')
    expect(text(4095)).toBe('00dc6acf-ac00-7fff-8000-000000000000')
    expect(text(4096)).toBe('00dc6acf-ac01-7000-8000-000000000000')
    expect(text(1, 0xffffffff, 0xffffffff)).toBe('00dc6acf-ac00-7001-bfff-ffffffffffff')
  })

  it('is a version 7 UUID that ascends with its serial number', () => {
    const random = createRandom('uuid')
    fc.assert(
      fc.property(fc.nat(1e10), fc.integer({ min: 1, max: 1000 }), (serial, step) => {
        const first = text(serial, random.uint32(), random.uint32())
        expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        expect(first < text(serial + step, random.uint32(), random.uint32())).toBe(true)
      }),
    )
  })
})
