import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { migrateDown, migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Change, Database } from '../../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { borrowDatabase, withClient } from '../../../support/database/redis-databases.ts'
import { findService } from '../../../support/services.ts'
import { describeDatabase } from '../../../support/database/contract.ts'
import { describePartialBlocks } from '../../../support/database/partial-blocks-contract.ts'
import { changed } from '../../../support/database/server-contract.ts'
import { all, booking, seat, seats, show, shows, tables, workload } from '../../../support/database/tables.ts'
import { listen } from '../../../support/tcp-server.ts'

const service = await findService('redis')

const open = (url: string) => connectDatabase(url, { poolSize: 2 })

/** A database with the tables, open, for as long as `use` takes. */
async function withTables(server: string, use: (database: Database, url: string) => Promise<void>): Promise<void> {
  const { url, remove } = await borrowDatabase(server)
  {
    await using database = await open(url)
    await migrateUp(database, workload, tables)
    await use(database, url)
  }
  await remove()
}

describe.skipIf(service === null)('redis', () => {
  const server = service ?? ''

  async function makeScratch() {
    const { url, remove } = await borrowDatabase(server)
    return {
      url,
      makeForeignTable: (name: string) =>
        withClient(url, async (client) => void (await client.hSet(`rushbench:table:${name}`, 'x', '42'))),
      dropTables: (names: readonly string[]) =>
        withClient(url, async (client) => {
          for (const name of names) {
            await client.hDel('rushbench:tables', name)
            const keys = await client.keys(`rushbench:table:${name}*`)
            if (keys.length > 0) await client.unlink(keys)
          }
        }),
      remove,
    }
  }

  describeDatabase(makeScratch)

  it.each([
    ['no server', { port: '1' }, 'database-unreachable'],
    ['an unknown user', { username: 'nobody', password: 'wrong' }, 'database-denied'],
    ['a database that does not exist', { pathname: '/99999' }, 'database-missing'],
    ['a name instead of a number', { pathname: '/rushbench' }, 'url-unreadable'],
  ])('%s', async (_name, parts, code) => {
    await expect(open(changed(server, parts))).rejects.toMatchObject({
      code,
      message: expect.not.stringContaining('wrong'),
    })
  })

  it('a URL whose password is not encoded', async () => {
    await expect(open('redis://root:100%@127.0.0.1:1/0')).rejects.toMatchObject({
      code: 'url-unreadable',
      message: expect.not.stringContaining('100%@'),
    })
  })

  it('a server that hangs up', async () => {
    const port = await listen((socket) => socket.destroy())
    await expect(open(changed(server, { port }))).rejects.toMatchObject({ code: 'database-unreachable' })
  })

  it('leaves no key of its own behind, and all keys of others', async () => {
    await withTables(server, async (database, url) => {
      const others = ['rushbench:calendar', 'rushbench:table:seatsandmore', 'rushbench:table:other:keys', 'seats']
      await withClient(url, async (client) => {
        const before = await client.dbSize()
        for (const key of others) await client.set(key, 'theirs')
        await database.store.insert(shows, [show(1)])
        await database.store.insert(seats, [seat(1)])
        expect(await client.dbSize()).toBe(before + others.length + 7)
        await migrateDown(database, workload, tables)
        expect(await client.mGet(others)).toEqual(others.map(() => 'theirs'))
        // One of those before was the hash of definitions.
        expect(await client.dbSize()).toBe(before + others.length - 1)
      })
    })
  })

  it('makes no table where a key of somebody else is in the way of its indexes', async () => {
    const { url, remove } = await borrowDatabase(server)
    await withClient(url, async (client) => {
      await client.set('rushbench:table:seats:unique:holder', 'theirs')
      await using database = await open(url)
      const making = database.createTables(tables.map((table) => ({ table, mark: 'test' })))
      await expect(making).rejects.toMatchObject({ code: 'migration-failed' })
      expect(await database.tables()).toEqual([{ name: 'seats', mark: null }])
    })
    await remove()
  })

  it('stores nothing once its tables are gone, and says so', async () => {
    await withTables(server, async (database, url) => {
      await using other = await open(url)
      await migrateDown(other, workload, tables)
      await expect(database.store.insert(shows, [show(1)])).rejects.toMatchObject({ code: 'tables-missing' })
      await expect(database.store.find(shows, {})).rejects.toMatchObject({ code: 'tables-missing' })
      expect(await database.tables()).toEqual([])
    })
  })

  it('does not read a large table while everybody waits: a guard that names neither key nor index is refused', async () => {
    await withTables(server, async ({ store }) => {
      await store.insert(
        shows,
        Array.from({ length: 10_001 }, (_, id) => show(id)),
      )
      const change: Change = { guard: { table: shows, where: { title: 'show 7' }, patch: { free: 0 } }, insert: [] }
      await expect(store.apply([change])).rejects.toThrow(/more than 10000 rows/)
      expect(await store.find(shows, { free: 0 })).toEqual([])
      expect(await store.update(shows, { title: 'show 7' }, { free: 0 })).toBe(1)
      expect((await store.find(shows, { free: 0 })).map(({ id }) => id)).toEqual([7])
    })
  })

  it('sells 50 places to 200 who come at once, whichever connection they come by', async () => {
    await withTables(server, async (database, url) => {
      await database.store.insert(shows, [show(1, { free: 50 })])
      const doors = await Promise.all(Array.from({ length: 8 }, () => open(url)))
      const rows = Array.from({ length: 200 }, () => seat(1))
      const answers = await Promise.all(rows.map((row, index) => doors[index % 8]!.store.apply([booking(row)])))
      const booked = rows.filter((_, index) => answers[index]![0])
      expect(booked).toHaveLength(50)
      expect((await all(database.store.scan(seats))).map(({ id }) => id)).toEqual(booked.map(({ id }) => id).sort())
      expect(await database.store.find(shows, {})).toEqual([show(1, { free: 0 })])
      for (const door of doors) await door[Symbol.asyncDispose]()
    })
  })

  it('keeps indexes that are made while others write', async () => {
    await withTables(server, async (database, url) => {
      await using other = await open(url)
      const { store } = database
      await store.insert(shows, [show(1), show(2)])
      const rows = Array.from({ length: 6000 }, () => seat(1))
      await store.insert(seats, rows)
      await database.dropIndexes(seats)
      await store.insert(seats, [seat(2)])
      let making = true
      const made = other.createIndexes(seats).finally(() => (making = false))
      let turn = 0
      while (making) {
        const [moved, gone] = [rows[turn * 2]!, rows[turn * 2 + 1]!]
        turn++
        await store.insert(seats, [seat(2)])
        await store.update(seats, { id: moved.id }, { show_id: 2 })
        await store.remove(seats, { id: gone.id })
      }
      await made
      expect(turn).toBeGreaterThan(0)
      const left = await all(store.scan(seats))
      for (const show_id of [1, 2]) {
        const expected = left.filter((row) => row.show_id === show_id)
        expect(await store.find(seats, { show_id }, { orderBy: ['id'] })).toEqual(expected)
      }
      expect((await store.countBy(seats, 'show_id')).get(2)).toBe(1 + 2 * turn)
    })
  })

  it('does a booking once whose answer was lost', async () => {
    await withTables(server, async (database, url) => {
      await database.store.insert(shows, [show(1, { free: 10 })])
      let deaf = false
      const port = await listen((near) => {
        const far = connect(Number(new URL(url).port), '127.0.0.1')
        near.pipe(far)
        far.on('data', (answer) => {
          if (deaf) near.destroy()
          else near.write(answer)
        })
        for (const side of [near, far]) side.on('error', () => {})
        near.on('close', () => far.destroy())
      })
      {
        await using cut = await open(changed(url, { port }))
        await cut.store.count(shows)
        deaf = true
        await expect(cut.store.apply([booking(seat(1))])).rejects.toMatchObject({ code: 'database-lost' })
        deaf = false
        while (!(await cut.store.count(shows).catch(() => false))) await sleep(20)
        expect([await cut.store.count(seats), (await cut.store.find(shows, {}))[0]?.free]).toEqual([1, 9])
      }
    })
  })

  describePartialBlocks('packed-rows', 3000, (test) => withTables(server, test))
})
