import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/lib/random.ts'
import { allotEvenly } from '../../../src/lib/seeding/allot.ts'
import { splitIntoBlocks } from '../../../src/lib/seeding/seed.ts'
import { writeUuid } from '../../../src/lib/seeding/uuid.ts'

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)

describe('allotEvenly', () => {
  it('gives everybody the same where there is room, and the rest to the others', () => {
    const rooms = [10, 2, 10, 0].map((free, key) => ({ key, free }))
    expect(allotEvenly(rooms, 9)).toEqual([
      { key: 0, rows: 4 },
      { key: 1, rows: 2 },
      { key: 2, rows: 3 },
    ])
  })

  it('refuses more than there is room for', () => {
    expect(() => allotEvenly([{ key: 1, free: 5 }], 6)).toThrow(
      '6 reservations do not fit: the slots have 5 places left',
    )
  })

  it('allots exactly the rows, within the room, in order, and differs by one at most where there is room', () => {
    const rooms = fc.array(fc.nat(20), { maxLength: 30 }).map((all) => all.map((free, key) => ({ key, free })))
    fc.assert(
      fc.property(rooms, fc.nat(300), (given, wanted) => {
        const rows = Math.min(wanted, sum(given.map(({ free }) => free)))
        const allotted = allotEvenly(given, rows)
        expect(sum(allotted.map((allotment) => allotment.rows))).toBe(rows)
        expect(allotted.map(({ key }) => key)).toEqual(allotted.map(({ key }) => key).toSorted((a, b) => a - b))
        const most = Math.max(0, ...allotted.map((allotment) => allotment.rows))
        for (const { key, rows: part } of allotted) {
          const free = given[key]!.free
          expect(part).toBeLessThanOrEqual(free)
          expect(part === free || part >= most - 1).toBe(true)
        }
      }),
    )
  })
})

describe('splitIntoBlocks', () => {
  it('cuts a parent in two where a block is full', () => {
    const blocks = [
      ...splitIntoBlocks(
        [
          { key: 1, rows: 3 },
          { key: 2, rows: 4 },
        ],
        5,
      ),
    ]
    expect(blocks).toEqual([
      [
        { key: 1, rows: 3 },
        { key: 2, rows: 2 },
      ],
      [{ key: 2, rows: 2 }],
    ])
  })

  it('loses and invents nothing', () => {
    const allotments = fc.array(fc.integer({ min: 1, max: 40 })).map((all) => all.map((rows, key) => ({ key, rows })))
    fc.assert(
      fc.property(allotments, fc.integer({ min: 1, max: 50 }), (given, size) => {
        const blocks = [...splitIntoBlocks(given, size)]
        const perKey = given.map(({ key }) =>
          sum(
            blocks
              .flat()
              .filter((part) => part.key === key)
              .map(({ rows }) => rows),
          ),
        )
        expect(perKey).toEqual(given.map(({ rows }) => rows))
        for (const block of blocks.slice(0, -1)) expect(sum(block.map(({ rows }) => rows))).toBe(size)
      }),
    )
  })
})

describe('writeUuid', () => {
  const text = (serial: number, high = 0, low = 0) => {
    const target = Buffer.alloc(36)
    writeUuid(target, 0, serial, high, low)
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
