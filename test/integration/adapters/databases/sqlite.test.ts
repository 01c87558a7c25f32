import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it } from 'vitest'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { translateSqliteError } from '../../../../src/lib/adapters/databases/sqlite/errors.ts'
import { waitText } from '../../../../src/lib/adapters/databases/waits.ts'
import { describeDatabase } from '../../../support/database/contract.ts'
import { encode, seatLayout } from '../../../support/database/bulk-contract.ts'
import { seat, seats, show, shows, sqlScratch } from '../../../support/database/tables.ts'
import type { Wait } from '../../../../src/lib/ports/database-facts.ts'

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
    expect(database.engine.durability).toEqual({
      holds: true,
      atRisk: 'nothing',
      settings: { journal_mode: 'wal', synchronous: 'full' },
    })
  })

  it.each([
    ['synchronous=normal', { journal_mode: 'wal', synchronous: 'normal' }, /since the last checkpoint/],
    ['synchronous=off&journal_mode=delete', { journal_mode: 'delete', synchronous: 'off' }, /the file itself/],
    ['journal_mode=delete&synchronous=full', { journal_mode: 'delete', synchronous: 'full' }, /followed at once/],
    ['journal_mode=delete', { journal_mode: 'delete', synchronous: 'extra' }, /^nothing$/],
    ['journal_mode=truncate', { journal_mode: 'truncate', synchronous: 'full' }, /^nothing$/],
    ['vfs=memdb', { journal_mode: 'memory', synchronous: 'full' }, /^everything$/],
  ])('does as its URL says with %s, and tells what that puts at risk', async (query, settings, risk) => {
    const path = join(folder, `${query.replaceAll(/\W/g, '-')}.db`)
    await using database = await open(`sqlite:${path}?${query}`)
    expect(database.engine.durability).toMatchObject({ settings, atRisk: expect.stringMatching(risk) })
    expect(database.engine.durability.holds).toBe(risk.test('nothing'))
  })

  describe('a file that was left without a WAL', () => {
    const mode = (path: string): unknown => {
      const other = new DatabaseSync(path)
      const row = other.prepare('pragma journal_mode').get()
      other.close()
      return row?.['journal_mode']
    }

    async function makeFile(name: string, sql: string): Promise<string> {
      const path = join(folder, name)
      const database = await open(`sqlite:${path}`)
      await database.createTables([{ table: shows, mark: 'rushbench:test' }])
      await database[Symbol.asyncDispose]()
      const other = new DatabaseSync(path)
      other.exec(`pragma journal_mode = delete; ${sql}`)
      other.close()
      return path
    }

    it('has one again when it is ours alone', async () => {
      const path = await makeFile('ours.db', '')
      expect(mode(path)).toBe('delete')
      await using _database = await open(`sqlite:${path}`)
      expect(mode(path)).toBe('wal')
    })

    it('stays as it is when somebody else has a table in it', async () => {
      const path = await makeFile('shared.db', 'create table theirs (x integer)')
      await using database = await open(`sqlite:${path}`)
      expect(mode(path)).toBe('delete')
      // A journal that is deleted must not come back.
      expect(database.engine.durability).toMatchObject({ holds: true, settings: { synchronous: 'extra' } })
    })

    it('is opened while it is being written to', async () => {
      const path = await makeFile('busy.db', '')
      const other = new DatabaseSync(path)
      other.exec('begin immediate; create table later (x integer)')
      await using database = await open(`sqlite:${path}`)
      expect((await database.tables()).map(({ name }) => name)).toEqual(['shows'])
      other.exec('commit')
      other.close()
    })
  })

  it.each([
    ['alone', 'delete'],
    ['open elsewhere', 'wal'],
  ])('loads a file that is %s with the journal that it can, and sets WAL again', async (whose, expected) => {
    const path = join(folder, `${whose}.db`)
    await using database = await open(`sqlite:${path}`)
    await database.createTables([
      { table: shows, mark: 'rushbench:test' },
      { table: seats, mark: 'rushbench:test' },
    ])
    await database.store.insert(shows, [show(1)])
    const other = whose === 'alone' ? null : new DatabaseSync(path)
    other?.prepare('select count(*) from shows').get()
    const loader = await database.insertStrategies[0]!.open(seatLayout)
    const journal = () => (existsSync(`${path}-wal`) ? 'wal' : 'delete')
    expect(journal()).toBe(expected)
    await loader.load(encode([seat(1)]), { counted: null, receipt: null })
    other?.close()
    await loader.close()
    await database.store.insert(shows, [show(2)])
    expect(journal()).toBe('wal')
    expect(await database.store.count(seats)).toBe(1)
  })

  it('works in memory too', async () => {
    await using database = await open('sqlite::memory:')
    expect(await database.tables()).toEqual([])
    expect(database.engine.durability).toMatchObject({ holds: false, atRisk: 'everything' })
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

  it(
    'a database that another process keeps locked for a while: that is said meanwhile',
    { timeout: 20_000 },
    async () => {
      const path = join(folder, 'held.db')
      const waits: string[] = []
      const onWait = (wait: Wait | null) => void waits.push(wait ? waitText(wait) : 'over')
      await using database = await connectDatabase(`sqlite:${path}`, { poolSize: 1, onWait })
      // As the server is this process, whoever holds it has to let go by itself.
      const hold = `const file = new (require('node:sqlite').DatabaseSync)(process.argv[1])
      file.exec('begin immediate')
      console.log('held')
      setTimeout(() => file.exec('rollback'), 2600)`
      const holder = spawn(process.execPath, ['--no-warnings', '-e', hold, path])
      await once(holder.stdout, 'data')
      await database.createTables([])
      expect(waits.at(-1)).toBe('over')
      expect(waits.slice(0, -1)).not.toEqual([])
      for (const text of waits.slice(0, -1)) {
        expect(text).toMatch(
          new RegExp(`^waiting for the file's lock that (process ${holder.pid}|another process) holds, [1-3] s$`),
        )
      }
      await once(holder, 'exit')
    },
  )

  it('an engine that there is none for', async () => {
    await expect(open('oracle://scott:tiger@h/db')).rejects.toMatchObject({
      code: 'engine-unknown',
      message: expect.not.stringContaining('tiger'),
    })
  })
})
