import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrateUp } from '../../../src/lib/databases/migrate.ts'
import type { Database } from '../../../src/lib/databases/port.ts'
import { connectDatabase } from '../../../src/lib/databases/registry.ts'
import { createReceiptDesk } from '../../../src/lib/workloads/tickets/desk.ts'
import { tickets } from '../../../src/lib/workloads/tickets/index.ts'
import { orders, products } from '../../../src/lib/workloads/tickets/tables.ts'

const receipt = (id: number, price = '1.00') =>
  Buffer.from(`Order: ${id}\nVAT: 0\nTotal: ${price}\n\nproduct,product_id,price\nPane,p1,${price}\n`)

describe('a desk for receipts', () => {
  let folder: string
  let database: Database

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rushbench-'))
    database = await connectDatabase(`sqlite:${join(folder, 'test.db')}`, { poolSize: 1 })
    await migrateUp(database, tickets.name, tickets.tables)
  })

  afterEach(async () => {
    await database[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  it('lets those that come during a commit share the next ones, 128 each, and answers none before it is stored', async () => {
    const { store } = database
    const commits: number[] = []
    const held = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const desk = createReceiptDesk(
      {
        ...store,
        async apply(changes) {
          reached.resolve()
          await held.promise
          return store.apply(changes)
        },
      },
      (count) => void commits.push(count),
    )
    const first = desk.take(receipt(1))
    await reached.promise
    let answered = 0
    const others = Array.from({ length: 300 }, async (_, index) => {
      const stored = await desk.take(receipt(index + 2))
      answered++
      return stored
    })
    expect([commits, answered, await store.count(orders)]).toEqual([[], 0, 0])
    held.resolve()
    await Promise.all([first, ...others])
    expect(commits).toEqual([1, 128, 128, 44])
    expect(await store.count(orders)).toBe(301)
    expect(await store.find(products, {})).toEqual([{ id: 'p1', name: 'Pane' }])
  })

  it('tells those of one batch apart: the first, the same again, and another under its number', async () => {
    const desk = createReceiptDesk(database.store, () => {})
    const all = [receipt(1), receipt(1), receipt(1, '2.00'), receipt(1, '2.00'), Buffer.from('x'), Buffer.from('x')]
    const stored = await Promise.all(all.map((bytes) => desk.take(bytes)))
    expect(stored.map(({ kind, again }) => `${kind} ${again}`)).toEqual([
      'order false',
      'order true',
      'rejected false',
      'rejected true',
      'rejected false',
      'rejected true',
    ])
  })
})
