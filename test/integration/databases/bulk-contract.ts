import { beforeEach, describe, expect, it } from 'vitest'
import type { Counter, EncodedRows, RowLayout } from '../../../src/lib/databases/port.ts'
import { connectDatabase } from '../../../src/lib/databases/registry.ts'
import { all, type Context, type Seat, seat, seats, show, shows } from './tables.ts'

export const freeCounter: Counter = {
  parent: shows,
  counter: 'free',
  capacity: 'capacity',
  child: seats,
  reference: 'show_id',
}

export const seatLayout: RowLayout<Seat> = {
  table: seats,
  fields: [
    { column: 'id', offset: 0, width: 36 },
    { column: 'holder', offset: 37, width: 12 },
    { column: 'show_id', offset: 50, width: 6 },
  ],
  rowBytes: 57,
}

export function encode(rows: readonly Seat[]): EncodedRows {
  const lines = rows.map(
    (row) => `${row.id}\t${row.holder.padStart(12, '_')}\t${String(row.show_id).padStart(6, '0')}\n`,
  )
  return { bytes: Buffer.from(lines.join(''), 'latin1'), rows: rows.length }
}

/** The native ways in. */
export function describeInserts(context: Context): void {
  describe('bulk loading', () => {
    it('has at least two ways in, the second of which always works', async () => {
      expect(context.database.insertStrategies.length).toBeGreaterThanOrEqual(2)
      expect(await context.database.insertStrategies[1]?.unavailable()).toBeNull()
    })

    describe.each([
      ['the fastest way', 0],
      ['the fallback', 1],
    ])('%s', (_way, index) => {
      const range = { from: 1, to: 2 }
      const load = async (block: EncodedRows) => {
        const loader = await context.database.insertStrategies[index]!.open(seatLayout)
        try {
          await loader.load(block, freeCounter, range)
        } finally {
          await loader.close()
        }
      }
      const frees = async () =>
        (await context.database.store.find(shows, {}, { orderBy: ['id'] })).map((row) => row.free)

      beforeEach(async () => context.database.store.insert(shows, [show(1), show(2), show(3)]))

      it('stores exactly the rows, and sets the counters in range', async () => {
        const rows = Array.from({ length: 2345 }, (_, row) => seat(1 + (row % 3)))
        await load(encode(rows.slice(0, 1000)))
        await load(encode(rows.slice(1000)))
        const expected = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
        expect(await all(context.database.store.scan(seats))).toEqual(expected)
        const sold = await context.database.store.countBy(seats, 'show_id')
        expect(await frees()).toEqual([300 - sold.get(1)!, 300 - sold.get(2)!, 300])
      })

      it.each([
        ['a key that is taken', (first: Seat) => seat(1, { id: first.id })],
        ['a unique value that is taken', (first: Seat) => seat(1, { holder: first.holder })],
        ['a reference to nothing', () => seat(99)],
      ])('rolls back a block with %s', async (_name, bad) => {
        const first = seat(1)
        await load(encode([first]))
        const block = [...Array.from({ length: 1200 }, () => seat(2)), bad(first), seat(2)]
        await expect(load(encode(block))).rejects.toMatchObject({ code: 'rows-differ' })
        expect(await all(context.database.store.scan(seats))).toEqual([first])
        expect(await frees()).toEqual([299, 300, 300])
        await load(encode([seat(2)]))
        expect(await frees()).toEqual([299, 299, 300])
      })
    })
  })

  describe('inserter', () => {
    it('stores each row for others to see', async () => {
      await context.database.store.insert(shows, [show(1)])
      const inserter = await context.database.openInserter(seats)
      const other = await connectDatabase(context.scratch.url, { poolSize: 1 })
      const { show_id, holder, id } = seat(1, { holder: `it's "quoted" \\ 🎟` })
      await inserter.insert({ show_id, holder, id })
      expect(await other.store.find(seats, {})).toEqual([{ id, holder, show_id }])
      await expect(inserter.insert({ id, holder: 'x', show_id })).rejects.toThrow(/unique|duplicate/i)
      await inserter.insert(seat(1))
      expect(await other.store.count(seats)).toBe(2)
      await inserter.close()
      await other[Symbol.asyncDispose]()
    })
  })
}
