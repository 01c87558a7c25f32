import { randomBytes } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mongodb } from '../../../src/lib/databases/mongodb/index.ts'
import { connectDatabase } from '../../../src/lib/databases/registry.ts'
import { findService } from '../../services.ts'
import { describeDatabase } from './contract.ts'

const service = await findService('ferretdb')

const open = (url: string) => connectDatabase(url, { poolSize: 2 })

function changed(url: string, parts: Partial<Pick<URL, 'port' | 'password' | 'pathname' | 'username'>>): string {
  return Object.assign(new URL(url), parts).toString()
}

describe.skipIf(service === null)('mongodb', () => {
  const url = service ?? ''
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

  describeDatabase(mongodb, makeScratch)

  it.each([
    ['no server', { port: '1' }, 'database-unreachable'],
    ['a login that is refused', { username: 'nobody', password: 'wrong' }, 'database-denied'],
    ['no database in the URL', { pathname: '/' }, 'database-missing'],
  ])('%s', async (_name, parts, code) => {
    await expect(open(changed(url, parts))).rejects.toMatchObject({
      code,
      message: expect.not.stringContaining('wrong'),
    })
  })
})
