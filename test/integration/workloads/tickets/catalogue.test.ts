import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import type { RunningServer } from '../../../../src/lib/ports/workload.ts'
import { serveTickets } from '../../../../src/lib/workloads/tickets/api.ts'
import { tickets } from '../../../../src/lib/workloads/tickets/index.ts'
import { formatReceipt, type OrderLine } from '../../../../src/lib/workloads/tickets/receipt.ts'
import { products, unknownPrice } from '../../../../src/lib/workloads/tickets/tables.ts'
import { testEngines, type TestDatabase } from '../../../support/database/engines.ts'
import { noBroker, noPubSub } from '../../../support/ledgers.ts'

let numbers = 0

/** A receipt of an order of its own. */
function receiptOf(lines: readonly OrderLine[]): string {
  return formatReceipt({ id: String(++numbers), vatCents: 310, totalCents: 1690, lines })
}

for (const engine of testEngines) {
  describe.skipIf(engine.open === null)(`the catalogue of tickets on ${engine.name}`, () => {
    let place: TestDatabase
    let databases: Database[]
    let servers: RunningServer[]

    beforeAll(async () => {
      place = await engine.open!()
      databases = [await connectDatabase(place.url, { poolSize: 4 }), await connectDatabase(place.url, { poolSize: 4 })]
      await migrateUp(databases[0]!, tickets.name, tickets.tables)
      servers = await Promise.all(
        databases.map((database) =>
          serveTickets({
            database,
            openCache: () => Promise.reject(new Error('there is none')),
            openBroker: noBroker,
            openPubSub: noPubSub,
            host: '127.0.0.1',
            port: 0,
            onError: () => {},
          }),
        ),
      )
    })

    afterAll(async () => {
      for (const server of servers) await server.close()
      for (const database of databases) await database[Symbol.asyncDispose]()
      await place.remove()
    })

    const send = async (text: string, to = 0): Promise<number> =>
      (await fetch(`${servers[to]!.origin}/ticket`, { method: 'POST', body: text })).status

    async function listed(): Promise<unknown> {
      const page = await fetch(`${servers[0]!.origin}/products?after=kepp&limit=1`)
      return ((await page.json()) as { products: unknown[] }).products[0]
    }

    const sold = (priceCents: number, product = 'Formaggio'): OrderLine => ({ product, productId: 'kept', priceCents })

    it('has the name and the price of the newest order', async () => {
      const first = receiptOf([sold(500)])
      expect(await send(first)).toBe(201)
      expect(await listed()).toEqual({ id: 'kept', name: 'Formaggio', price: '5.00' })
      await send(receiptOf([sold(500), sold(620, 'Formaggio, fresco')]), 1)
      expect(await listed()).toEqual({ id: 'kept', name: 'Formaggio, fresco', price: '6.20' })
      await send(receiptOf([sold(0)]))
      expect(await listed()).toEqual({ id: 'kept', name: 'Formaggio', price: '0.00' })
      // What was stored before is no newer for coming again, and what is kept as it is says nothing.
      await send(receiptOf([sold(700)]))
      expect(await send(first)).toBe(200)
      expect(await send(first.replace('5.00', '9.99'))).toBe(202)
      expect(await listed()).toEqual({ id: 'kept', name: 'Formaggio', price: '7.00' })
    })

    it('has no price of a product of before prices were kept, until its next receipt', async () => {
      await databases[0]!.store.update(products, { id: 'kept' }, { price_cents: unknownPrice })
      expect(await listed()).toEqual({ id: 'kept', name: 'Formaggio', price: null })
      await send(receiptOf([sold(701)]))
      expect(await listed()).toMatchObject({ price: '7.01' })
    })

    it('has one name and its price of products that many change at the same moment, on two servers', async () => {
      const texts = Array.from({ length: 40 }, (_, index) => {
        const given = ['a', 'b', 'c'].map((name) => {
          return { product: `${name}${index}`, productId: `busy-${name}`, priceCents: index }
        })
        return receiptOf(index % 3 === 0 ? given : given.toReversed())
      })
      const statuses = await Promise.all(texts.map((text, index) => send(text, index % 2)))
      expect(new Set(statuses)).toEqual(new Set([201]))
      const kept = await databases[0]!.store.find(products, { id: { gt: 'busy-', lt: 'busy.' } }, { orderBy: ['id'] })
      expect(kept.map(({ id }) => id)).toEqual(['busy-a', 'busy-b', 'busy-c'])
      for (const { id, name, price_cents: price } of kept) expect(name).toBe(`${id.at(-1)}${price}`)
    })
  })
}
