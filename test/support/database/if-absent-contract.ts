import { describe, expect, it } from 'vitest'
import { applyIfAbsent, type ChangeIfAbsent } from '../../../src/lib/adapters/databases/apply-if-absent.ts'
import { all, booking, type Context, seat, seats, show, shows, type Seat } from './tables.ts'

const ifAbsent = (row: Seat): ChangeIfAbsent => ({
  guard: booking(row).guard,
  insert: [],
  absent: { table: seats, row },
})

/** `applyIfAbsent`: what is there already is left as it is, whoever stores it and when. */
export function describeIfAbsent(context: Context): void {
  describe('changes whose row must be absent', () => {
    it('leaves out what is there, refuses what has no room, and applies the rest', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1, { free: 2 }), show(2, { free: 0 })])
      const [old, fresh, late, full] = [seat(1), seat(1), seat(1), seat(2)]
      expect(await applyIfAbsent(store, [ifAbsent(old)])).toEqual(['applied'])
      const changes = [ifAbsent({ ...old, holder: 'other' }), ifAbsent(fresh), ifAbsent(full), ifAbsent(late)]
      expect(await applyIfAbsent(store, changes)).toEqual(['taken', 'applied', 'refused', 'refused'])
      const stored = new Set((await all(store.scan(seats))).map(({ id, holder }) => `${id} ${holder}`))
      expect(stored).toEqual(new Set([old, fresh].map(({ id, holder }) => `${id} ${holder}`)))
      expect((await store.find(shows, { id: 1 }))[0]?.free).toBe(0)
      expect(await applyIfAbsent(store, [])).toEqual([])
    })

    it('takes the first of those that bring the same row in one batch, and the next when the first has no room', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1), show(2, { free: 0 })])
      const row = seat(1)
      expect(await applyIfAbsent(store, [ifAbsent(row), ifAbsent({ ...row, holder: 'b' })])).toEqual([
        'applied',
        'taken',
      ])
      const other = seat(2)
      const again = { ...other, show_id: 1 }
      expect(await applyIfAbsent(store, [ifAbsent(other), ifAbsent(again)])).toEqual(['refused', 'applied'])
      expect(await store.count(seats)).toBe(2)
    })

    it('needs no more commits however often the same row is brought in a batch', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1), show(2, { free: 0 })])
      let commits = 0
      const counting = {
        ...store,
        apply: async (changes: Parameters<typeof store.apply>[0]) => {
          commits++
          return store.apply(changes)
        },
      }
      const often = (row: Seat) => Array.from({ length: 50 }, () => ifAbsent(row))
      const results = await applyIfAbsent(counting, [...often(seat(1)), ...often(seat(2))])
      expect(results).toEqual([
        'applied',
        ...Array.from({ length: 49 }, () => 'taken'),
        ...Array.from({ length: 50 }, () => 'refused'),
      ])
      expect(commits).toBe(1)
      expect((await store.find(shows, { id: 1 }))[0]?.free).toBe(299)
    })

    it('stores a row once, however many bring it at the same moment', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1)])
      const rows = Array.from({ length: 5 }, () => seat(1))
      const batches = Array.from({ length: 6 }, (_, batch) =>
        applyIfAbsent(store, [...rows.map((row) => ifAbsent(row)), ifAbsent(seat(1, { holder: `own ${batch}` }))]),
      )
      const results = await Promise.all(batches)
      for (const index of rows.keys()) {
        expect(results.map((result) => result[index]).filter((result) => result === 'applied')).toHaveLength(1)
      }
      expect(results.map((result) => result.at(-1))).toEqual(Array.from({ length: 6 }, () => 'applied'))
      expect([await store.count(seats), (await store.find(shows, { id: 1 }))[0]?.free]).toEqual([11, 289])
    })

    it('throws what is wrong beside that', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1)])
      const row = seat(1)
      await applyIfAbsent(store, [ifAbsent(row)])
      await expect(
        applyIfAbsent(store, [ifAbsent(seat(1)), ifAbsent(seat(1, { holder: row.holder }))]),
      ).rejects.toThrow()
      expect(await store.count(seats)).toBe(1)
    })
  })
}
