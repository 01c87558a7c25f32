import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Block, BlockEnd, Counter, CounterChange, RowLayout } from '../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../src/lib/adapters/databases/registry.ts'
import { all, type Context, type Seat, seat, seats, show, shows } from './tables.ts'
import { rowsPerChunk } from '../../../src/lib/base/limits.ts'

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

export function encode(rows: readonly Seat[]): Block {
  const line = (row: Seat) => `${row.id}\t${row.holder.padStart(12, '_')}\t${String(row.show_id).padStart(6, '0')}\n`
  return {
    rows: rows.length,
    *chunks() {
      for (let at = 0; at < rows.length; at += rowsPerChunk) {
        const part = rows.slice(at, at + rowsPerChunk)
        yield { bytes: Buffer.from(part.map(line).join(''), 'latin1'), rows: part.length }
      }
    },
  }
}

/** The bulk strategies. */
export function describeInserts(context: Context): void {
  describe('bulk loading', () => {
    it('has a bulk strategy that always works, the last', async () => {
      expect(await context.database.insertStrategies.at(-1)?.unavailable()).toBeNull()
    })

    describe.each([
      ['the fastest way', 0],
      ['the fallback', -1],
    ])('%s', (_way, index) => {
      const countedOf = (rows: readonly Seat[]): CounterChange => ({
        counter: freeCounter,
        parents: Array.from(
          Map.groupBy(rows, (row) => row.show_id),
          ([key, same]) => ({ key, rows: same.length }),
        ),
      })
      const load = async (rows: readonly Seat[], rest: Partial<BlockEnd> = {}) => {
        const loader = await context.database.insertStrategies.at(index)!.open(seatLayout)
        try {
          await loader.load(encode(rows), { counted: countedOf(rows), receipt: null, ...rest })
        } finally {
          await loader.close()
        }
      }
      const frees = async () =>
        (await context.database.store.find(shows, {}, { orderBy: ['id'] })).map((row) => row.free)

      beforeEach(async () => context.database.store.insert(shows, [show(1), show(2), show(3)]))

      it('stores exactly the rows, and takes them from the counters', async () => {
        const rows = Array.from({ length: 2345 }, (_, row) => seat(1 + (row % 3)))
        await load(rows.slice(0, 1000))
        await load(rows.slice(1000))
        const expected = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
        expect(await all(context.database.store.scan(seats))).toEqual(expected)
        const sold = await context.database.store.countBy(seats, 'show_id')
        expect(await frees()).toEqual([1, 2, 3].map((id) => 300 - sold.get(id)!))
      })

      it('stores the receipt with the rows, and neither when one of them cannot be', async () => {
        const receipt = { table: shows, rows: [show(7)] }
        await load([seat(1)], { receipt })
        expect(await frees()).toEqual([299, 300, 300, 300])
        await expect(load([seat(1)], { receipt })).rejects.toThrow(/unique|duplicate/i)
        expect(await context.database.store.count(seats)).toBe(context.database.traits.transactions ? 1 : 2)
        await expect(load([seat(99)], { receipt: { table: shows, rows: [show(8)] } })).rejects.toMatchObject({
          code: 'rows-differ',
        })
        expect(await context.database.store.find(shows, { id: 8 })).toEqual([])
      })

      it('leaves the counters as they are when it is told so', async () => {
        await load([seat(1), seat(3)], { counted: null })
        expect(await frees()).toEqual([300, 300, 300])
        await context.database.recount(freeCounter, { from: 2, to: 3 })
        expect(await frees()).toEqual([300, 300, 299])
      })

      it('loads several blocks at a time, where the engine has several writers', async () => {
        const loader = await context.database.insertStrategies.at(index)!.open(seatLayout)
        const blocks = Array.from({ length: 6 }, (_, block) =>
          Array.from({ length: 60 }, (__, row) => seat(1 + ((row + block) % 3))),
        )
        if (context.database.traits.concurrentWriters) {
          await Promise.all(
            blocks.map((block) => loader.load(encode(block), { counted: countedOf(block), receipt: null })),
          )
        } else {
          for (const block of blocks) await loader.load(encode(block), { counted: countedOf(block), receipt: null })
        }
        await loader.close()
        expect(await context.database.store.count(seats)).toBe(360)
        expect(await frees()).toEqual([180, 180, 180])
      })

      it.each([
        ['a key that is taken', (first: Seat) => seat(1, { id: first.id })],
        ['a unique value that is taken', (first: Seat) => seat(1, { holder: first.holder })],
        ['a reference to nothing', () => seat(99)],
      ])('rolls back a block with %s', async (_name, bad) => {
        const first = seat(1)
        await load([first])
        const block = [...Array.from({ length: 1200 }, () => seat(2)), bad(first), seat(2)]
        await expect(load(block)).rejects.toMatchObject({ code: 'rows-differ' })
        expect(await all(context.database.store.scan(seats))).toEqual([first])
        expect(await frees()).toEqual([299, 300, 300])
        await load([seat(2)])
        expect(await frees()).toEqual([299, 299, 300])
      })
    })
  })

  describe('awaitWriters', () => {
    it('waits for a block that another connection loads, and not for ever', async () => {
      const { database, scratch } = context
      await database.store.insert(shows, [show(1)])
      await database.awaitWriters(seats)
      if (!database.traits.concurrentWriters) return
      await using other = await connectDatabase(scratch.url, { poolSize: 1 })
      const loader = await other.insertStrategies[0]!.open(seatLayout)
      const rows = Array.from({ length: 60_000 }, () => seat(1))
      const block = encode(rows)
      const begun = Promise.withResolvers<void>()
      const chunks = (): ReturnType<typeof block.chunks> => {
        begun.resolve()
        return block.chunks()
      }
      const loading = loader.load({ ...block, chunks }, { counted: null, receipt: null })
      await begun.promise
      await sleep(50)
      await database.awaitWriters(seats)
      if (database.traits.transactions) expect(await database.store.count(seats)).toBe(60_000)
      await loading
      expect(await database.store.count(seats)).toBe(60_000)
    })
  })

  describe('indexes', () => {
    it('are dropped and made again, as often as one likes, and rows go in meanwhile', async () => {
      const { database } = context
      await database.store.insert(shows, [show(1)])
      await database.dropIndexes(seats)
      await database.dropIndexes(seats)
      const rows = Array.from({ length: 20 }, () => seat(1))
      const loader = await database.insertStrategies[0]!.open(seatLayout)
      await loader.load(encode(rows), { counted: null, receipt: null })
      await loader.close()
      await database.createIndexes(seats)
      await database.createIndexes(seats)
      expect(await database.store.count(seats)).toBe(20)
      await expect(database.store.insert(seats, [seat(1, { holder: rows[0]!.holder })])).rejects.toThrow(
        /unique|duplicate/i,
      )
      if (database.traits.foreignKeys)
        await expect(database.store.insert(seats, [seat(77)])).rejects.toThrow(/foreign/i)
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
      await inserter.control()
      await inserter.insert(seat(1))
      await inserter.control()
      expect(await other.store.count(seats)).toBe(2)
      await inserter.close()
      await other[Symbol.asyncDispose]()
    })

    it('stores what the columns hold, from one statement to the next', async () => {
      const given = [
        show(1, { title: '' }),
        show(2, { title: 'x'.repeat(200), capacity: Number.MAX_SAFE_INTEGER, free: -Number.MAX_SAFE_INTEGER }),
        show(3, { title: '🎟'.repeat(100), capacity: -1, free: 2 ** 32 }),
        show(4, { title: '1' }),
      ]
      const inserter = await context.database.openInserter(shows)
      for (const row of given) await inserter.insert(row)
      await inserter.close()
      expect(await context.database.store.find(shows, {}, { orderBy: ['id'] })).toEqual(given)
    })
  })
}
