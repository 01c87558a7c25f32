import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Change, Condition } from '../../../src/lib/ports/database.ts'
import { all, booking, type Context, seat, seats, show, shows } from './tables.ts'

interface PaperRow {
  free: number
  capacity: number
  seats: number
}

interface PaperChange {
  readonly free: Exclude<Condition<number>, null>
  readonly patch: number | { readonly add: number }
  readonly both: boolean
}

/** Reference model of what an engine has to do, as plain as possible. */
function bookOnPaper(row: PaperRow | undefined, { free, patch, both }: PaperChange): boolean {
  const condition = typeof free === 'number' ? { in: [free] } : free
  if (
    row === undefined ||
    row.free <= (condition.gt ?? -Infinity) ||
    row.free < (condition.gte ?? -Infinity) ||
    row.free >= (condition.lt ?? Infinity) ||
    row.free > (condition.lte ?? Infinity) ||
    condition.in?.includes(row.free) === false
  ) {
    return false
  }
  row.free = typeof patch === 'number' ? patch : row.free + patch.add
  row.capacity += both ? 1 : 0
  row.seats += 1
  return true
}

/** `apply`: each change whole or not at all, in order, whatever else goes on. */
export function describeApply(context: Context): void {
  describe('apply', () => {
    it('books what is there and refuses the rest, in one batch', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1, { free: 3 }), show(2, { free: 1 })])
      const rows = [seat(1), seat(2), seat(1), seat(2), seat(1), seat(1), seat(9)]
      const applied = await store.apply(rows.map((row) => booking(row)))
      expect(applied).toEqual([true, true, true, false, true, false, false])
      const stored = await all(store.scan(seats))
      expect(new Set(stored.map((row) => row.id))).toEqual(
        new Set(rows.filter((_, i) => applied[i]).map((row) => row.id)),
      )
      expect((await store.find(shows, {}, { orderBy: ['id'] })).map((row) => row.free)).toEqual([0, 0])
      expect(await store.apply([])).toEqual([])
    })

    it('takes changes of one row in the order given', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1, { free: 10 })])
      const to = (from: number, free: number): Change => ({
        guard: { table: shows, where: { id: 1, free: from }, patch: { free } },
        insert: [],
      })
      expect(await store.apply([to(10, 9), to(9, 11), to(10, 1), to(11, 2)])).toEqual([true, true, false, true])
      expect((await store.find(shows, { id: 1 }))[0]?.free).toBe(2)
    })

    it('checks conditions on other columns, and stores all rows of a change or none', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1, { free: 5 }), show(2, { free: 5 })])
      const change = (id: number, title: string): Change => ({
        guard: { table: shows, where: { id, title, free: { gte: 2 } }, patch: { free: { add: -2 } } },
        insert: [{ table: seats, rows: [seat(id), seat(id)] }],
      })
      expect(await store.apply([change(1, 'show 1'), change(1, 'other'), change(2, 'show 1')])).toEqual([
        true,
        false,
        false,
      ])
      expect([await store.count(seats), (await store.find(shows, { id: 1 }))[0]?.free]).toEqual([2, 3])
    })

    it('stores the rows of a change without a guard, beside guarded ones', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1, { free: 1 })])
      const storing = (id: number): Change => ({ guard: null, insert: [{ table: shows, rows: [show(id)] }] })
      const seating = (): Change => ({ guard: null, insert: [{ table: seats, rows: [seat(1)] }] })
      expect(await store.apply([storing(2), storing(3)])).toEqual([true, true])
      expect(await store.apply([booking(seat(1)), seating(), booking(seat(1)), booking(seat(2))])).toEqual([
        true,
        true,
        false,
        true,
      ])
      expect([await store.count(shows), await store.count(seats)]).toEqual([3, 3])
      await expect(store.apply([seating(), storing(2)])).rejects.toThrow()
      expect(await store.count(seats)).toBe(3)
    })

    it('takes guards that pick a row by other columns than its key', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1, { free: 1 }), show(2, { free: 2 })])
      const taking = (free: number): Change => ({
        guard: { table: shows, where: { free }, patch: { free: { add: -1 } } },
        insert: [{ table: seats, rows: [seat(2)] }],
      })
      expect(await store.apply([taking(2), taking(1), taking(1)])).toEqual([true, true, false])
      expect((await store.find(shows, {}, { orderBy: ['id'] })).map((row) => row.free)).toEqual([0, 0])
      expect(await store.count(seats)).toBe(2)
    })

    it('takes everything back when a row is refused', async () => {
      const { store } = context.database
      const before = [show(1, { free: 10 }), show(2, { free: 1 }), show(3)]
      await store.insert(shows, before)
      const taken = seat(1)
      await store.insert(seats, [taken])
      const setting = (free: number, rows = [seat(1)]): Change => ({
        guard: { table: shows, where: { id: 1 }, patch: { free, title: `now ${free}`, capacity: { add: 1 } } },
        insert: [{ table: seats, rows }],
      })
      const byFree: Change = { guard: { table: shows, where: { free: 1 }, patch: { free: { add: -1 } } }, insert: [] }
      for (const changes of [
        [setting(9), setting(8), byFree, booking(seat(3)), setting(7, [seat(1), taken])],
        [booking(seat(3)), setting(9), booking(seat(2)), setting(8, [{ ...seat(1), holder: taken.holder }])],
      ]) {
        await expect(store.apply(changes)).rejects.toThrow(/unique|duplicate/i)
        expect(await store.find(shows, {}, { orderBy: ['id'] })).toEqual(before)
        expect(await all(store.scan(seats))).toEqual([taken])
      }
    })

    it('does with any batch what one update after another would do', async () => {
      const { store } = context.database
      const id = fc.integer({ min: 1, max: 4 })
      const amount = fc.integer({ min: -3, max: 3 })
      const free = fc.oneof(
        amount,
        fc.record({ gt: amount, gte: amount, lt: amount, lte: amount, in: fc.array(amount) }, { requiredKeys: [] }),
      )
      const patch = fc.oneof(amount, fc.record({ add: amount }))
      const change = fc.record({ id, free, patch, both: fc.boolean() })
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 12 }), fc.boolean(), async (wanted, byTitle) => {
          await store.remove(seats, {})
          await store.remove(shows, {})
          await store.insert(
            shows,
            [1, 2, 3].map((key) => show(key, { free: key - 1, capacity: 0 })),
          )
          const changes = wanted.map((one): Change => ({
            guard: {
              table: shows,
              where: { id: one.id, free: one.free, ...(byTitle ? { title: `show ${one.id}` } : {}) },
              patch: { free: one.patch, ...(one.both ? { capacity: { add: 1 } } : {}) },
            },
            insert: [{ table: seats, rows: [seat(one.id)] }],
          }))
          const model = new Map([1, 2, 3].map((key) => [key, { free: key - 1, capacity: 0, seats: 0 }]))
          const expected = wanted.map((one) => bookOnPaper(model.get(one.id), one))
          expect(await store.apply(changes)).toEqual(expected)
          const sold = await store.countBy(seats, 'show_id')
          for (const row of await store.find(shows, {})) {
            const { id: key, free: left, capacity } = row
            expect({ free: left, capacity, seats: sold.get(key) ?? 0 }).toEqual(model.get(key))
          }
        }),
        { numRuns: 150 },
      )
    })

    it('never oversells under concurrent batches that meet on the same rows', async () => {
      const { store } = context.database
      await store.insert(
        shows,
        [1, 2, 3, 4, 5].map((id) => show(id, { free: 40 })),
      )
      const batches = Array.from({ length: 12 }, (_, batch) =>
        Array.from({ length: 50 }, (__, index) => seat(1 + ((index * (batch + 1)) % 5))),
      )
      const answers = await Promise.all(batches.map((batch) => store.apply(batch.map((row) => booking(row)))))
      const acknowledged = batches.flat().filter((_, index) => answers.flat()[index])
      const stored = await all(store.scan(seats))
      expect(stored.map((row) => row.id)).toEqual(acknowledged.map((row) => row.id).sort())
      const sold = await store.countBy(seats, 'show_id')
      for (const { id, free } of await store.find(shows, {})) {
        expect(free).toBeGreaterThanOrEqual(0)
        expect(sold.get(id) ?? 0).toBe(40 - free)
      }
    })

    it('does not mix with other operations that run meanwhile', async () => {
      const { store } = context.database
      await store.insert(shows, [show(1, { free: 100 }), show(2, { free: 0 })])
      const taken = seat(1)
      await store.insert(seats, [taken])
      const doomed = store.apply([booking(seat(1)), booking(taken)])
      const other = Promise.all([store.update(shows, { id: 2 }, { free: { add: 1 } }), store.find(shows, { id: 1 })])
      await expect(doomed).rejects.toThrow(/unique|duplicate/i)
      await other
      expect((await store.find(shows, {}, { orderBy: ['id'] })).map((row) => row.free)).toEqual([100, 1])
      expect(await store.count(seats)).toBe(1)
      expect(await store.apply([booking(seat(1))])).toEqual([true])
    })
  })
}
