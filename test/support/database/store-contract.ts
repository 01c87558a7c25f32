import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Table } from '../../../src/lib/ports/database.ts'
import { all, type Context, seat, seats, type Show, show, shows } from './tables.ts'

interface Note {
  readonly id: number
  readonly text: string
}

const notes: Table<Note> = {
  name: 'notes',
  columns: { id: { type: 'integer' }, text: { type: 'text', maxLength: 300_000 } },
  primaryKey: 'id',
  unique: [],
  indexes: [],
  references: [],
}

/** All of `Store` but `apply`. */
export function describeStore(context: Context): void {
  describe('store', () => {
    it('finds by every kind of condition', async () => {
      const { store } = context.database
      await store.insert(
        shows,
        [1, 2, 3, 4, 5].map((id) => show(id, { free: id * 10 })),
      )
      const ids = async (where: Parameters<typeof store.find<Show>>[1]) =>
        (await store.find(shows, where, { orderBy: ['id'] })).map((row) => row.id)
      expect(await ids({})).toEqual([1, 2, 3, 4, 5])
      expect(await ids({ id: 3 })).toEqual([3])
      expect(await ids({ free: { gt: 30 } })).toEqual([4, 5])
      expect(await ids({ free: { gte: 30 } })).toEqual([3, 4, 5])
      expect(await ids({ free: { lt: 30 } })).toEqual([1, 2])
      expect(await ids({ free: { lte: 30 } })).toEqual([1, 2, 3])
      expect(await ids({ free: { gt: 10, lt: 50 }, id: { in: [1, 2, 4, 5, 99] } })).toEqual([2, 4])
      expect(await ids({ id: { in: [] } })).toEqual([])
      expect(await ids({ id: 3, title: 'show 4' })).toEqual([])
      expect(await ids({ title: 'show 4' })).toEqual([4])
      const named = await store.find(shows, { id: { in: [1, 2] } }, { columns: ['title', 'id'], orderBy: ['free'] })
      expect(named).toEqual([1, 2].map((id) => ({ id, title: `show ${id}` })))
      expect(await store.find(shows, { id: 1 }, { columns: ['free'] })).toEqual([{ free: 10 }])
      expect(await store.find(shows, {}, { orderBy: ['id'], descending: true, limit: 1 })).toEqual([
        show(5, { free: 50 }),
      ])
      expect(await store.find(shows, {}, { orderBy: ['free', 'id'], limit: 2 })).toEqual([
        show(1, { free: 10 }),
        show(2, { free: 20 }),
      ])
    })

    it('keeps texts of any length up to the largest that a column may have', async () => {
      const { database } = context
      await database.createTables([{ table: notes, mark: 'rushbench:contract:notes' }])
      try {
        // Past what fits into a row of MySQL, into a page of SQLite, and into 16 bits; in bytes it is four times as much.
        const rows = [0, 65_535, 65_536, 300_000].map((length, id) => ({ id, text: '🍋'.repeat(length) }))
        for (const row of rows) await database.store.insert(notes, [row])
        expect(await all(database.store.scan(notes))).toEqual(rows)
      } finally {
        await database.dropTables([notes])
      }
    })

    it('takes a list of tens of thousands of values', async () => {
      await context.database.store.insert(shows, [show(7)])
      const many = Array.from({ length: 40_000 }, (_, index) => index)
      expect(await context.database.store.find(shows, { id: { in: many } })).toEqual([show(7)])
    })

    it('puts values where they belong, whatever order a row names them in', async () => {
      const { store } = context.database
      await store.insert(shows, [{ title: 'reversed', free: 3, capacity: 2, id: 1 }, show(2)])
      await store.insert(shows, [show(3), { free: 6, id: 4, title: 'mixed', capacity: 5 }])
      expect(await all(store.scan(shows))).toEqual([
        { id: 1, capacity: 2, free: 3, title: 'reversed' },
        show(2),
        show(3),
        { id: 4, capacity: 5, free: 6, title: 'mixed' },
      ])
    })

    it('counts the rows that an update matched, also where they did not change', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1), show(2), show(3)])
      expect(await store.update(shows, { id: { gt: 1 } }, { free: 300 })).toBe(2)
      expect(await store.update(shows, { id: 99 }, { free: 1 })).toBe(0)
      expect(await store.update(shows, { id: 1 }, { free: { add: -5 }, title: 'new' })).toBe(1)
      expect(await store.find(shows, { id: 1 })).toEqual([show(1, { free: 295, title: 'new' })])
    })

    it('adds atomically under concurrency, and never past the condition', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1, { free: 10 })])
      const hits = await Promise.all(
        Array.from({ length: 40 }, () => store.update(shows, { id: 1, free: { gt: 0 } }, { free: { add: -1 } })),
      )
      expect(hits.filter((hit) => hit === 1)).toHaveLength(10)
      expect((await store.find(shows, { id: 1 }))[0]?.free).toBe(0)
    })

    it('removes what matches and counts it', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1), show(2), show(3)])
      expect(await store.remove(shows, { id: { lte: 2 } })).toBe(2)
      expect(await store.count(shows)).toBe(1)
      expect(await store.remove(shows, { id: 1 })).toBe(0)
    })

    it('scans beyond a page, in the order of the key, and counts by column', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1), show(2)])
      const rows = Array.from({ length: 20_500 }, (_, index) => seat(index % 3 === 0 ? 2 : 1))
      await store.insert(seats, rows)
      const scanned = await all(store.scan(seats))
      expect(scanned.map((row) => row.id)).toEqual(rows.map((row) => row.id).sort())
      expect(await store.count(seats)).toBe(20_500)
      expect(await store.countBy(seats, 'show_id')).toEqual(
        new Map([
          [1, 13_666],
          [2, 6834],
        ]),
      )
    })

    it('scans an empty table, and one of exactly a page', async () => {
      expect(await all(context.database.store.scan(shows))).toEqual([])
      await context.database.store.insert(
        shows,
        Array.from({ length: 10_000 }, (_, id) => show(id)),
      )
      expect(await all(context.database.store.scan(shows))).toHaveLength(10_000)
    })

    it('gives back whatever text and whole number went in', async () => {
      const { store } = context.database
      const text = fc
        .string({ unit: 'binary', maxLength: 60 })
        .filter((value) => value.isWellFormed() && !value.includes('\0'))
      const awkward = fc.constantFrom(`'`, `"`, '\\', `\\'`, '%_', '?', ':a', '🎟️é', ' end ', '', '-- ', '/* */')
      let id = 0
      await fc.assert(
        fc.asyncProperty(fc.oneof(text, awkward), fc.maxSafeInteger(), async (title, free) => {
          const row = show(++id, { title, free })
          await store.insert(shows, [row])
          expect(await store.find(shows, { id })).toEqual([row])
          expect(await store.find(shows, { id, title, free })).toEqual([row])
        }),
        { numRuns: 200 },
      )
    })

    it('stores all rows of an insert or none, and refuses what breaks a key or a reference', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1)])
      await expect(store.insert(shows, [show(2), show(1)])).rejects.toThrow(/unique|duplicate/i)
      const rows = Array.from({ length: 1500 }, () => seat(1))
      await expect(store.insert(seats, [...rows, seat(1, { holder: rows[0]!.holder })])).rejects.toThrow(
        /unique|duplicate/i,
      )
      if (context.database.traits.foreignKeys)
        await expect(store.insert(seats, [seat(99)])).rejects.toThrow(/foreign key/i)
      expect([await store.count(shows), await store.count(seats)]).toEqual([1, 0])
      await store.insert(shows, [])
    })
  })
}
