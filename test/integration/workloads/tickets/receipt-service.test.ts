import { describe, expect, it } from 'vitest'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { createReceiptService } from '../../../../src/lib/workloads/tickets/receipt-service.ts'
import { tickets } from '../../../../src/lib/workloads/tickets/index.ts'
import { formatReceipt } from '../../../../src/lib/workloads/tickets/receipt.ts'
import { lines, products } from '../../../../src/lib/workloads/tickets/tables.ts'
import { testEngines } from '../../../support/database/engines.ts'

/** The longest receipt of so many lines, none of whose products stands on another. */
function longReceipt(order: number, count: number): Buffer {
  const names = Array.from({ length: count }, (_, index) => `product-${order}-${index}`)
  const all = names.map((name) => ({ product: name, productId: name, priceCents: 1 }))
  return Buffer.from(formatReceipt({ id: String(order), vatCents: 0, totalCents: count, lines: all }))
}

// FerretDB takes minutes for so many rows.
for (const engine of testEngines.filter(({ name }) => name !== 'mongodb')) {
  describe.skipIf(engine.open === null)(`the receipt service on ${engine.name}`, () => {
    it('stores more new products in one commit than a statement has parameters', async () => {
      const place = await engine.open!()
      try {
        await using database = await connectDatabase(place.url, { poolSize: 4 })
        const { store } = database
        await migrateUp(database, tickets.name, tickets.tables)
        const commits: number[] = []
        const receipts = createReceiptService(store, (count) => void commits.push(count))
        const stored = await Promise.all(
          Array.from({ length: 66 }, (_, index) => receipts.take(longReceipt(index + 1, 1000), '')),
        )
        expect(new Set(stored.map(({ kind }) => kind))).toEqual(new Set(['order']))
        expect([commits, await store.count(lines), await store.count(products)]).toEqual([[66], 66_000, 66_000])
      } finally {
        await place.remove()
      }
    })
  })
}
