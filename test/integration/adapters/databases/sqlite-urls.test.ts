import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { readSqliteUrl } from '../../../../src/lib/adapters/databases/sqlite/url.ts'
import { show, shows } from '../../../support/database/tables.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushbench-sqlite-'))
const path = join(folder, 'what 100%?.db')
const url = `sqlite:${path.replace('?', '%3F')}`
const open = (at: string) => connectDatabase(at, { poolSize: 1 })

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a SQLite URL', () => {
  beforeAll(async () => {
    await using database = await open(url)
    await database.createTables([{ table: shows, mark: 'test' }])
    await database.store.insert(shows, [show(1)])
  })

  it('names a file whose name may hold anything', async () => {
    expect(existsSync(path)).toBe(true)
    await using database = await open(`${url}?mode=rw&cache=private`)
    expect(await database.store.count(shows)).toBe(1)
    expect(readdirSync(folder).every((name) => name.startsWith('what 100%?.db'))).toBe(true)
  })

  it.each(['mode=ro', 'immutable=1'])('with %s is read and not written', async (parameter) => {
    await using database = await open(`${url}?${parameter}`)
    expect(await database.store.count(shows)).toBe(1)
    await expect(database.store.insert(shows, [show(2)])).rejects.toMatchObject({
      code: 'file-read-only',
      message: expect.stringContaining('its URL opens it only to be read'),
    })
  })

  it.each(['mode=rw', 'mode=ro'])('with %s makes no file', async (parameter) => {
    const missing = join(folder, 'none', 'missing.db')
    await expect(open(`sqlite:${missing}?${parameter}`)).rejects.toMatchObject({ code: 'database-not-ours' })
    expect(existsSync(join(folder, 'none'))).toBe(false)
  })

  it('may keep it in memory', async () => {
    await using database = await open(`sqlite:${join(folder, 'memory.db')}?mode=memory`)
    await database.createTables([{ table: shows, mark: 'test' }])
    expect(existsSync(join(folder, 'memory.db'))).toBe(false)
    expect(database.engine.durability).toMatchObject({ atRisk: 'everything' })
  })

  it.each([
    ['mode=readonly', 'url-parameter-wrong', 'ro, rw, rwc, memory'],
    ['fsync=off', 'url-parameter-unknown', 'mode, cache'],
    ['vfs=nope', 'database-not-ours', 'no such vfs: nope'],
    ['vfs=a%00b', 'url-parameter-wrong', 'it without %00'],
    ['mode=ro&journal_mode=delete', 'url-parameter-wrong', 'with mode=ro or immutable=1'],
    ['journal_mode=wal&immutable=1', 'url-parameter-wrong', 'with mode=ro or immutable=1'],
  ])('is refused with %s', async (parameter, code, text) => {
    await expect(open(`${url}?${parameter}`)).rejects.toMatchObject({ code, message: expect.stringContaining(text) })
  })

  it('begins in the home folder with ~/', () => {
    expect(readSqliteUrl('sqlite:~/x/y.db?mode=ro')).toMatchObject({
      path: join(homedir(), 'x/y.db'),
      file: `file:${join(homedir(), 'x/y.db')}?mode=ro`,
    })
    expect(() => readSqliteUrl('sqlite:~other/y.db')).toThrow('a ~ is the home folder only before a /')
    expect(readSqliteUrl('sqlite:./~other.db').path).toBe('./~other.db')
  })

  it('may have its scheme in capitals', async () => {
    await using database = await open(url.replace('sqlite:', 'SQLite:'))
    expect(await database.store.count(shows)).toBe(1)
  })

  it('is an empty database where there is none and none is to be made', async () => {
    const missing = join(folder, 'none', 'missing.db')
    await using database = await connectDatabase(`sqlite:${missing}`, { poolSize: 1, makesNothing: true })
    expect(await database.tables()).toEqual([])
    expect(existsSync(join(folder, 'none'))).toBe(false)
  })
})
