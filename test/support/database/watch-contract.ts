import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { migrateDown, migrateUp } from '../../../src/lib/adapters/databases/migrate.ts'
import type { Table } from '../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../src/lib/adapters/databases/registry.ts'
import { all, type Context } from './tables.ts'

/** A row with a document. */
export interface Letter {
  readonly id: string
  readonly body: string
}

export const letters: Table<Letter> = {
  name: 'letters',
  columns: { id: { type: 'text', maxLength: 40 }, body: { type: 'json' } },
  primaryKey: 'id',
  unique: [],
  indexes: [],
  references: [],
  watched: true,
}

/** A letter that says something. */
export function letter(id: string, body: unknown = { says: id }): Letter {
  return { id, body: JSON.stringify(body) }
}

/** Gathers what a watch tells, each row under its key; throws for a row that is told again. */
export function createReader() {
  const read = new Map<string, Letter>()
  const errors: Error[] = []
  return {
    read,
    errors,
    listener: {
      known: read,
      onRows(rows: readonly Letter[]) {
        for (const row of rows) {
          if (read.has(row.id)) throw new Error(`${row.id} was told twice`)
          read.set(row.id, row)
        }
      },
      onGone(keys: readonly unknown[]) {
        for (const key of keys) if (!read.delete(key as string)) throw new Error(`${String(key)} was not there`)
      },
      onError: (error: Error) => void errors.push(error),
    },
    waitFor: (count: number) => vi.waitFor(() => expect(read.size).toBe(count), { timeout: 20_000, interval: 10 }),
  }
}

/** JSON columns, and watching a table for new rows. */
export function describeWatch(context: Context): void {
  describe('json and new rows', () => {
    beforeEach(async () => void (await migrateUp(context.database, 'watch', [letters])))
    afterEach(async () => void (await migrateDown(context.database, 'watch', [letters])))

    it('gives JSON back as text that means the same', async () => {
      const { store } = context.database
      const documents = [
        { b: 1, a: [1, 2.5, -3e-7, null, true], deep: { deeper: [[], {}] } },
        'quotes " and \\ and \n, é, 漢, 😀',
        9007199254740991,
        [],
      ]
      const rows = documents.map((body, index) => letter(`${index}`, body))
      await store.insert(letters, rows)
      await store.apply([{ guard: null, insert: [{ table: letters, rows: [letter('4', { last: true })] }] }])
      const found = [await store.find(letters, {}, { orderBy: ['id'] }), await all(store.scan(letters))]
      for (const list of found) {
        expect(list.map(({ body }) => JSON.parse(body))).toEqual([...documents, { last: true }])
      }
    })

    it('tells of what is there, and of each row that comes, whoever stores it, once', async () => {
      const { store } = context.database
      const reader = createReader()
      const before = Array.from({ length: 1200 }, (_, index) => letter(`before ${index}`))
      await store.insert(letters, before)
      const watch = await context.database.watchRows(letters, reader.listener)
      expect(reader.read.size).toBe(1200)
      await store.insert(letters, [letter('own')])
      await using other = await connectDatabase(context.scratch.url, { poolSize: 1 })
      const rows = Array.from({ length: 600 }, (_, index) => letter(`a key of some length, ${index}`))
      await other.store.apply([{ guard: null, insert: [{ table: letters, rows }] }])
      await reader.waitFor(1801)
      expect(JSON.parse(reader.read.get('own')!.body)).toEqual({ says: 'own' })
      expect(reader.errors).toEqual([])
      await watch.close()
      await store.insert(letters, [letter('late')])
      expect(reader.read.has('late')).toBe(false)
    })

    it('leaves out what the listener knows, and what was rolled back', async () => {
      const { store } = context.database
      const reader = createReader()
      await store.insert(letters, [letter('known'), letter('new')])
      reader.read.set('known', letter('known'))
      const watch = await context.database.watchRows(letters, reader.listener)
      await expect(
        store.apply([{ guard: null, insert: [{ table: letters, rows: [letter('bad'), letter('new')] }] }]),
      ).rejects.toThrow()
      await store.insert(letters, [letter('good')])
      await reader.waitFor(3)
      expect([...reader.read.keys()].sort()).toEqual(['good', 'known', 'new'])
      await watch.close()
    })

    it('tells of rows that are gone, whoever removes them, and of those that come back', async () => {
      const { store } = context.database
      const reader = createReader()
      const rows = Array.from({ length: 300 }, (_, index) => letter(`${index}`.padStart(4, '0')))
      await store.insert(letters, rows)
      const watch = await context.database.watchRows(letters, reader.listener)
      await using other = await connectDatabase(context.scratch.url, { poolSize: 1 })
      await other.store.remove(letters, { id: '0100' })
      await reader.waitFor(299)
      // The last one, of which SQLite uses the number again.
      await store.remove(letters, { id: '0299' })
      await reader.waitFor(298)
      await other.store.insert(letters, [letter('0299', 'back'), letter('2000')])
      await reader.waitFor(300)
      expect(JSON.parse(reader.read.get('0299')!.body)).toBe('back')
      await store.remove(letters, { id: { lt: '0200' } })
      await reader.waitFor(101)
      await store.remove(letters, { id: { gte: '' } })
      await reader.waitFor(0)
      await store.insert(letters, [letter('0100', 'again')])
      await reader.waitFor(1)
      expect(JSON.parse(reader.read.get('0100')!.body)).toBe('again')
      expect(reader.errors).toEqual([])
      await watch.close()
    })

    it('throws what is wrong from the beginning; to MongoDB a table that is not there is empty', async () => {
      const reader = createReader()
      await migrateDown(context.database, 'watch', [letters])
      const watching = context.database.watchRows(letters, reader.listener)
      if (!/^(ferretdb|mongodb)$/.test(context.database.engine.name)) return expect(watching).rejects.toThrow()
      await (await watching).close()
      expect(reader.read.size).toBe(0)
    })
  })
}
