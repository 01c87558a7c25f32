import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it } from 'vitest'
import { connectDatabase } from '../../../src/lib/databases/registry.ts'
import { translateSqliteError } from '../../../src/lib/databases/sqlite/errors.ts'
import { describeDatabase } from './contract.ts'
import { sqlScratch } from './tables.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushbench-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const open = (url: string) => connectDatabase(url, { poolSize: 1 })

describe('sqlite in a file', () => {
  describeDatabase(async () => {
    const path = join(folder, 'made/for/it', 'contract.db')
    return {
      url: `sqlite:${path}`,
      ...sqlScratch(async (sql) => {
        const other = new DatabaseSync(path)
        other.exec(sql)
        other.close()
      }),
      remove: async () => rmSync(path),
    }
  })

  it('is durable: WAL, every commit on the disk', async () => {
    await using database = await open(`sqlite:${join(folder, 'durable.db')}`)
    expect(database.engine.durability).toMatchObject({ journal_mode: 'wal', synchronous: 'full' })
  })

  it('works in memory too', async () => {
    await using database = await open('sqlite::memory:')
    expect(await database.tables()).toEqual([])
  })
})

describe('sqlite where it cannot work', () => {
  it('a file that is no database', async () => {
    const path = join(folder, 'letter.txt')
    writeFileSync(path, 'Dear Sir or Madam, '.repeat(100))
    await expect(open(`sqlite:${path}`)).rejects.toMatchObject({ code: 'database-not-ours' })
  })

  it('a folder', async () => {
    await expect(open(`sqlite:${folder}`)).rejects.toMatchObject({ code: 'database-not-ours' })
  })

  it('a path that leads through a file', async () => {
    writeFileSync(join(folder, 'file'), '')
    await expect(open(`sqlite:${join(folder, 'file', 'x.db')}`)).rejects.toMatchObject({ code: 'database-not-ours' })
  })

  it('no path at all', async () => {
    await expect(open('sqlite:')).rejects.toMatchObject({ code: 'database-not-ours' })
  })

  it('a folder in which nobody may make a file', async () => {
    await expect(open('sqlite:/proc/x.db')).rejects.toMatchObject({ code: 'database-not-ours' })
  })

  it('a disk that is full', () => {
    const database = new DatabaseSync(join(folder, 'full.db'))
    database.exec('create table notes (text text)')
    // SQLite says the same of a quota of pages as of a disk.
    database.exec('pragma max_page_count = 10')
    const fill = () => database.exec(`insert into notes values (zeroblob(100000))`)
    expect(() => {
      try {
        fill()
      } catch (error) {
        throw translateSqliteError(error, 'sqlite:full.db')
      }
    }).toThrow(expect.objectContaining({ code: 'disk-full' }))
    database.close()
  })

  it('a database that another process keeps locked', { timeout: 20_000 }, async () => {
    const path = join(folder, 'busy.db')
    await using database = await open(`sqlite:${path}`)
    const holder = new DatabaseSync(path)
    holder.exec('begin immediate')
    await expect(database.createTables([])).rejects.toMatchObject({ code: 'database-busy' })
    holder.exec('rollback')
    holder.close()
    await database.createTables([])
  })

  it('an engine that there is none for', async () => {
    await expect(open('oracle://scott:tiger@h/db')).rejects.toMatchObject({
      code: 'engine-unknown',
      message: expect.not.stringContaining('tiger'),
    })
  })
})
