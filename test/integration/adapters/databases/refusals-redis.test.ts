import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { startPrivateService } from '../../../support/private-service.ts'
import { changed } from '../../../support/database/server-contract.ts'
import { show, shows, tables, workload } from '../../../support/database/tables.ts'

/** It tries to save what it holds, and refuses writes where it cannot; only so may its folder be changed. */
const options = ['save 3600 1', 'stop-writes-on-bgsave-error yes', 'enable-protected-configs yes']
const server = await startPrivateService('redis', options.join('\n'))
afterAll(async () => server?.[Symbol.asyncDispose]())

describe.skipIf(server === null)('Redis that says no', () => {
  const url = server?.url ?? ''
  const admin = createClient({ url })
  const open = (at = url) => connectDatabase(at, { poolSize: 1 })

  beforeAll(async () => {
    await admin.connect()
    await using database = await open()
    await migrateUp(database, workload, tables)
  })
  afterAll(() => admin.destroy())

  it('names the command that a user may not send, and what it says mends it', async () => {
    await admin.sendCommand(['ACL', 'SETUSER', 'clerk', 'on', '>clerk', '~*', '&*', '+@all', '-hkeys'])
    await using database = await open(changed(url, { username: 'clerk', password: 'clerk' }))
    const error = (await database.tables().catch((thrown: unknown) => thrown)) as { code: string; message: string }
    expect(error).toMatchObject({ code: 'right-missing', message: expect.stringContaining('the right to hkeys') })
    await admin.sendCommand((/Grant it with "(.*?)"/.exec(error.message)?.[1] ?? '').split(' '))
    expect(await database.tables()).toHaveLength(tables.length)
  })

  it('has no place left', async () => {
    await admin.configSet('maxclients', '1')
    await expect(open()).rejects.toMatchObject({
      code: 'connections-exhausted',
      message: expect.stringContaining('raise its limit (maxclients)'),
    })
    await admin.configSet('maxclients', '1000')
    await using database = await open()
    expect(await database.tables()).toHaveLength(tables.length)
  })

  it('has no memory left', async () => {
    await using database = await open()
    await admin.configSet('maxmemory', '1mb')
    await expect(database.store.insert(shows, [show(1)])).rejects.toMatchObject({ code: 'memory-full' })
    await admin.configSet('maxmemory', '0')
    await database.store.insert(shows, [show(1)])
  })

  it('cannot save what it holds, until its folder takes it', async () => {
    await using database = await open()
    const { dir: folder = '' } = await admin.configGet('dir')
    const save = async (outcome: string) => {
      await admin.sendCommand(['BGSAVE'])
      await expect.poll(() => admin.info('persistence'), { timeout: 8000 }).toMatch(outcome)
    }
    await admin.configSet('dir', '/proc')
    await save('rdb_last_bgsave_status:err')
    const storing = database.store.insert(shows, [show(7)])
    await expect(storing).rejects.toMatchObject({
      code: 'server-cannot-save',
      message: expect.stringMatching(
        /because it cannot save what it holds: MISCONF .*free space on its disk, or let it write/,
      ),
    })
    await admin.configSet('dir', folder)
    await save('rdb_last_bgsave_status:ok')
    await database.store.insert(shows, [show(7)])
    await database.store.remove(shows, { id: 7 })
  })

  it('is a replica', async () => {
    await using database = await open()
    await admin.sendCommand(['REPLICAOF', '127.0.0.1', '1'])
    await expect(database.store.insert(shows, [show(2)])).rejects.toMatchObject({ code: 'database-read-only' })
    await admin.sendCommand(['REPLICAOF', 'NO', 'ONE'])
    await database.store.insert(shows, [show(2)])
    expect(await database.store.count(shows)).toBe(2)
  })
})
