import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { BSON, MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrateUp, migrationStatus } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { describeServices } from '../../../support/describe-services.ts'
import { findService } from '../../../support/services.ts'
import { describeDatabase } from '../../../support/database/contract.ts'
import { describePartialBlocks, loadBlock } from '../../../support/database/partial-blocks-contract.ts'
import { changed } from '../../../support/database/server-contract.ts'
import { seat, seats, show, shows, tables, workload } from '../../../support/database/tables.ts'
import { listen } from '../../../support/tcp-server.ts'

/** The contract holds on both servers that dev/services has. */
const services = { ferretdb: await findService('ferretdb'), mongodb6: await findService('mongodb6') }

const open = (url: string) => connectDatabase(url, { poolSize: 2 })

/** Answers what every server is asked first, as one whose protocol ends at `maxWireVersion` (6: MongoDB 3.6). */
function answerHello(socket: Socket, maxWireVersion: number): void {
  const reply = BSON.serialize({ ok: 1, ismaster: true, minWireVersion: 0, maxWireVersion })
  socket.on('data', (request) => {
    const message = Buffer.alloc(36 + reply.length)
    message.writeInt32LE(message.length, 0)
    message.writeInt32LE(request.readInt32LE(4), 8)
    message.writeInt32LE(1, 12)
    message.writeInt32LE(1, 32)
    message.set(reply, 36)
    socket.write(message)
  })
}

describeServices(services, (_server, url) => {
  // The driver looks for a server for five seconds, so that all of them wait at once.
  describe('that cannot be had', { concurrent: true }, () => {
    it.each([
      ['no server', { port: '1' }, 'database-unreachable'],
      ['a login that is refused', { username: 'nobody', password: 'wrong' }, 'database-denied'],
      ['no database in the URL', { pathname: '/' }, 'url-unreadable'],
      ['a name that no database can have', { pathname: '/a.b' }, 'database-missing'],
    ])('%s', async (_name, parts, code) => {
      await expect(open(changed(url, parts))).rejects.toMatchObject({
        code,
        message: expect.not.stringContaining('wrong'),
      })
    })

    it('a server that hangs up', async () => {
      const port = await listen((socket) => socket.destroy())
      await expect(open(changed(url, { port }))).rejects.toMatchObject({
        code: expect.stringMatching(/^database-(unreachable|lost)$/),
      })
    })

    it('a server that is too old', async () => {
      const port = await listen((socket) => answerHello(socket, 6))
      await expect(open(changed(url, { port }))).rejects.toMatchObject({
        code: 'database-not-ours',
        message: expect.stringMatching(/wire version 6, .* requires at least \d+ \(MongoDB \d/),
      })
    })
  })
})

describeServices(services, (_server, url) => {
  let admin: MongoClient

  beforeAll(async () => {
    admin = await new MongoClient(url).connect()
  })
  afterAll(async () => admin.close())

  async function makeScratch() {
    const name = `rushbench_${randomBytes(6).toString('hex')}`
    const db = admin.db(name)
    return {
      url: changed(url, { pathname: `/${name}` }),
      db,
      makeForeignTable: async (table: string) => void (await db.collection(table).insertOne({ x: 42 })),
      async dropTables(names: readonly string[]) {
        for (const table of names) await db.dropCollection(table)
      },
      remove: async () => void (await db.dropDatabase()),
    }
  }

  /** A database with the contract's tables. */
  async function withTables(
    test: (database: Database, scratch: Awaited<ReturnType<typeof makeScratch>>) => Promise<void>,
  ) {
    const scratch = await makeScratch()
    {
      await using database = await open(scratch.url)
      await migrateUp(database, workload, tables)
      await test(database, scratch)
    }
    await scratch.remove()
  }

  describeDatabase(makeScratch)

  it.each([
    ['mongodb://root:100%@127.0.0.1:1/x', 'url-unreadable'],
    ['mongodb://root:100%25@127.0.0.1:1/x?w=none&nonsense=100%25', 'url-parameter-unknown'],
    ['mongodb://root:100%25@127.0.0.1:1/x?compressors=100%25', 'url-parameter-wrong'],
    ['mongodb:', 'url-unreadable'],
  ])('a URL that cannot be read, %s', async (bad, code) => {
    await expect(open(bad)).rejects.toMatchObject({
      code,
      message: expect.not.stringContaining('root:100'),
    })
  })

  it('writes that are not to be answered', async () => {
    await expect(open(`${url}?w=0`)).rejects.toMatchObject({ code: 'database-not-ours' })
  })

  it('a table that somebody else makes under the name of one that was ours', async () => {
    await withTables(async (database, { db }) => {
      await db.dropCollection('seats')
      await db.createCollection('seats')
      expect(await migrationStatus(database, workload, tables)).toEqual([
        { name: 'shows', state: 'present' },
        { name: 'seats', state: 'foreign' },
      ])
    })
  })

  it('a table that is there when it is to be made is left as it is, and those made before it are dropped', async () => {
    const scratch = await makeScratch()
    await scratch.makeForeignTable('seats')
    {
      await using database = await open(scratch.url)
      const making = database.createTables(tables.map((table) => ({ table, mark: 'test' })))
      await expect(making).rejects.toMatchObject({
        code: 'migration-failed',
        message: expect.stringContaining('Nothing was left'),
      })
      expect(await database.tables()).toEqual([{ name: 'seats', mark: null }])
    }
    expect(await scratch.db.collection('seats').countDocuments()).toBe(1)
    await scratch.remove()
  })

  for (const strategy of ['raw-insert', 'insert-many']) {
    // More than are looked up by their keys, and than one command holds.
    const count = 22_000
    describePartialBlocks(strategy, count, withTables)

    it(`tells of a connection that is lost during ${strategy}, after which the block can be loaded again`, async () => {
      await withTables(async (database, scratch) => {
        await database.store.insert(shows, [show(1)])
        const rows = Array.from({ length: count }, () => seat(1))
        const { port } = new URL(url)
        const through = await listen((socket) => {
          const inner = connect(Number(port), '127.0.0.1')
          let bytes = 0
          socket.on('data', (part) => {
            bytes += part.length
            if (bytes > 100_000) socket.destroy()
          })
          socket.pipe(inner).pipe(socket)
          for (const side of [socket, inner]) {
            side.on('error', () => {})
            side.on('close', () => {
              socket.destroy()
              inner.destroy()
            })
          }
        })
        {
          await using cut = await open(`${changed(scratch.url, { port: through })}?directConnection=true`)
          await expect(loadBlock(cut, strategy, rows)).rejects.toMatchObject({ code: 'database-lost' })
        }
        await loadBlock(database, strategy, rows)
        expect(await database.store.count(seats)).toBe(rows.length)
      })
    })
  }
})
