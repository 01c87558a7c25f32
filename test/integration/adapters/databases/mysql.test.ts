import { randomBytes } from 'node:crypto'
import { createConnection, type Connection } from 'mysql2/promise'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { describeServices } from '../../../support/describe-services.ts'
import { findService } from '../../../support/services.ts'
import { describeDatabase } from '../../../support/database/contract.ts'
import { changed, describeServer } from '../../../support/database/server-contract.ts'
import { sqlScratch } from '../../../support/database/tables.ts'

/** The contract holds on both servers that dev/services has. */
const services = { mariadb: await findService('mariadb'), mysql8: await findService('mysql8') }

describeServices(services, (name, url) => {
  let admin: Connection

  beforeAll(async () => {
    admin = await createConnection(url)
  })
  afterAll(async () => admin.end())

  async function makeScratch() {
    const scratch = `rushbench_${randomBytes(6).toString('hex')}`
    await admin.query(`create database ${scratch}`)
    return {
      url: changed(url, { pathname: `/${scratch}` }),
      ...sqlScratch(async (sql) => {
        await admin.query(`use ${scratch}`)
        await admin.query(sql)
      }),
      remove: async () => void (await admin.query(`drop database ${scratch}`)),
    }
  }

  // A connection that was cut stays in the list while its rows are taken back.
  async function cut(database: string, state: 'loading' | 'idle', after: number): Promise<number> {
    const condition = state === 'loading' ? "info like 'load data%'" : "command = 'Sleep'"
    const find = `select id from information_schema.processlist where db = ? and id > ? and ${condition}`
    let found: { id: number }[] = []
    while (found.length === 0) found = (await admin.query(find, [database, after]))[0] as { id: number }[]
    for (const { id } of found) await admin.query(`kill ${id}`)
    return found[0]!.id
  }

  describeDatabase(makeScratch)
  describeServer(() => ({ url, makeScratch, cut }))

  it('is reached under mariadb:// too, and names the server', async () => {
    await using database = await connectDatabase(url.replace(/^mysql:/, 'mariadb:'), { poolSize: 1 })
    expect(database.engine.name).toBe(name.replace(/\d/, ''))
    expect(database.engine.durability).toMatchObject({ holds: true, settings: { innodb_flush_log_at_trx_commit: '1' } })
  })
})
