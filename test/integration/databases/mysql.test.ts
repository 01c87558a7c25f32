import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { createConnection, type Connection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mysql } from '../../../src/lib/databases/mysql/index.ts'
import type { Table } from '../../../src/lib/databases/port.ts'
import { connectDatabase } from '../../../src/lib/databases/registry.ts'
import { findService } from '../../services.ts'
import { describeDatabase } from './contract.ts'
import { sqlScratch } from './tables.ts'

const service = await findService('mariadb')
const table: Table<{ id: number }> = {
  name: 'notes',
  columns: { id: { type: 'integer' } },
  primaryKey: 'id',
  unique: [],
  indexes: [],
  references: [],
}

const open = (url: string) => connectDatabase(url, { poolSize: 2 })

function changed(
  url: string,
  parts: Partial<Pick<URL, 'port' | 'password' | 'pathname' | 'username' | 'protocol'>>,
): string {
  return Object.assign(new URL(url), parts).toString()
}

describe.skipIf(service === null)('mysql', () => {
  const url = service ?? ''
  let admin: Connection

  beforeAll(async () => {
    admin = await createConnection(url)
  })
  afterAll(async () => admin.end())

  async function makeScratch() {
    const name = `rushbench_${randomBytes(6).toString('hex')}`
    await admin.query(`create database ${name}`)
    return {
      url: changed(url, { pathname: `/${name}` }),
      ...sqlScratch(async (sql) => {
        await admin.query(`use ${name}`)
        await admin.query(sql)
      }),
      remove: async () => void (await admin.query(`drop database ${name}`)),
    }
  }

  /** Waits until a connection to the named database, newer than `after`, is in the given state; cuts it, gives its id. */
  async function killConnection(name: string, state: string, after = 0): Promise<number> {
    const find = `select id from information_schema.processlist where db = ? and id > ? and ${state}`
    let running: { id: number }[] = []
    while (running.length === 0) running = (await admin.query(find, [name, after]))[0] as { id: number }[]
    for (const { id } of running) await admin.query(`kill ${id}`)
    return running[0]!.id
  }

  describeDatabase(mysql, makeScratch)

  it('is reached under mariadb:// too, and names the server', async () => {
    await using database = await open(url.replace(/^mysql:/, 'mariadb:'))
    expect(['mariadb', 'mysql']).toContain(database.engine.name)
    expect(database.engine.durability).toHaveProperty('innodb_flush_log_at_trx_commit')
  })

  it.each([
    ['no server', { port: '1' }, 'database-unreachable'],
    ['a wrong password', { password: 'wrong' }, 'database-denied'],
    ['an unknown user', { username: 'nobody' }, 'database-denied'],
    ['a database that does not exist', { pathname: '/rushbench_none' }, 'database-missing'],
    ['no database in the URL', { pathname: '/' }, 'database-missing'],
  ])('%s', async (_name, parts, code) => {
    await expect(open(changed(url, parts))).rejects.toMatchObject({
      code,
      message: expect.not.stringMatching(/:(wrong|rushbench)@/),
    })
  })

  it('a URL whose password is not encoded', async () => {
    await expect(open('mysql://root:100%@127.0.0.1:1/x')).rejects.toMatchObject({
      code: expect.stringMatching(/^database-unreachable$|^setting-invalid$/),
      message: expect.not.stringContaining('100%'),
    })
  })

  it('a server that hangs up', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    await expect(open(changed(url, { port: String(port) }))).rejects.toMatchObject({
      code: expect.stringMatching(/^database-(unreachable|lost)$/),
    })
    server.close()
  })

  // The moment differs from try to try: the server may be reading, or its buffers full and ours as well.
  it('a connection that is cut while a block is loaded, with the database it led to and nothing of the block kept', async () => {
    const scratch = await makeScratch()
    const name = new URL(scratch.url).pathname.slice(1)
    await using database = await connectDatabase(scratch.url, { poolSize: 1 })
    await database.createTables([{ table, mark: 'test' }])
    const layout = { table, fields: [{ column: 'id', offset: 0, width: 8 }], rowBytes: 9 } as const
    const rows = 500_000
    const bytes = Buffer.from(Array.from({ length: rows }, (_, id) => `${String(id).padStart(8, '0')}\n`).join(''))
    const counter = { parent: table, counter: 'id', capacity: 'id', child: table, reference: 'id' }
    const loader = await database.insertStrategies[0]!.open(layout)
    for (let attempt = 0, killed = 0; attempt < 25; attempt++) {
      const loading = loader.load({ bytes, rows }, counter, { from: 0, to: 0 }).catch((error: unknown) => error)
      // A connection that was cut stays in the list while its rows are taken back.
      killed = await killConnection(name, "info like 'load data%'", killed)
      expect(await loading).toMatchObject({
        code: 'database-lost',
        message: expect.stringContaining(`/${name} was lost`),
      })
    }
    expect(await database.store.count(table)).toBe(0)
    await scratch.remove()
  })

  it('a connection that is cut in use, and the one after it', async () => {
    const scratch = await makeScratch()
    await using database = await connectDatabase(scratch.url, { poolSize: 1 })
    const held = await database.openInserter(table)
    const name = new URL(scratch.url).pathname.slice(1)
    await killConnection(name, "command = 'Sleep'")
    await expect(held.insert({ id: 1 })).rejects.toMatchObject({ code: 'database-lost' })
    await held.close()
    expect(await database.tables()).toEqual([])
    await scratch.remove()
  })
})
