import { describe, expect, it } from 'vitest'
import type { Database } from '../../../src/lib/ports/database.ts'
import { encode, freeCounter, seatLayout } from './bulk-contract.ts'
import { all, seat, seats, show, shows } from './tables.ts'

/** Seats of the shows 1 and 2, in turns. */
const seatsInTurns = (count: number) => Array.from({ length: count }, (_, row) => seat(1 + (row % 2)))

/** Loads a block by one of the database's bulk strategies, and counts its seats. */
export async function loadBlock(database: Database, strategy: string, sent: ReturnType<typeof seatsInTurns>) {
  const found = database.insertStrategies.find(({ name }) => name === strategy)!
  const loader = await found.open(seatLayout)
  try {
    await loader.load(encode(sent), { counted: null, receipt: null })
  } finally {
    await loader.close()
  }
  await database.recount(freeCounter, { from: 1, to: 2 })
}

/** Contract of engines without transactions, whose blocks may be stored in part. */
export function describePartialBlocks(
  strategy: string,
  count: number,
  withTables: (test: (database: Database) => Promise<void>) => Promise<void>,
): void {
  describe(`blocks by ${strategy}`, () => {
    const rows = seatsInTurns(count)
    const load = (database: Database, sent: typeof rows) => loadBlock(database, strategy, sent)

    it('completes a block that was stored in part', async () => {
      await withTables(async (database) => {
        await database.store.insert(shows, [show(1), show(2), show(3)])
        await load(
          database,
          rows.filter((_, row) => row % 3 !== 0),
        )
        await database.store.update(shows, {}, { free: -1 })
        await load(database, rows)
        expect(await database.store.count(seats)).toBe(rows.length)
        const free = 300 - count / 2
        expect((await all(database.store.scan(shows))).map((row) => row.free)).toEqual([free, free, -1])
      })
    })

    it('refuses a block of which one row is stored otherwise, or twice in it, and leaves what was there', async () => {
      await withTables(async (database) => {
        await database.store.insert(shows, [show(1), show(2), show(3)])
        await load(database, rows.slice(0, 1500))
        await database.store.update(seats, { id: rows[1400]!.id }, { show_id: 3 })
        const before = await all(database.store.scan(seats))
        const twice = seat(1)
        const far = [twice, ...Array.from({ length: 1200 }, () => seat(2)), twice]
        for (const sent of [rows.slice(1000, 3000), [seat(2), twice, twice], far]) {
          await expect(load(database, sent)).rejects.toMatchObject({ code: 'rows-differ' })
        }
        expect(await all(database.store.scan(seats))).toEqual(before)
      })
    })
  })
}
