import { describe, expect, it } from 'vitest'
import type { Block, Table } from '../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../src/lib/adapters/databases/registry.ts'
import type { Scratch } from './tables.ts'
import { listen } from '../tcp-server.ts'
import { rowsPerChunk } from '../../../src/lib/base/limits.ts'

/** A server as another program sees it. */
export interface ServerUnderTest {
  /** URL with the right to create databases. */
  readonly url: string
  makeScratch(): Promise<Scratch>
  /**
   * Cuts the connections to the named database that are `loading` rows, or `idle`, newer than `after`; waits until there
   * is one. Gives a number by which older ones are known.
   */
  cut(database: string, state: 'loading' | 'idle', after: number): Promise<number>
}

/** `url` with other parts. */
export function changed(
  url: string,
  parts: Partial<Pick<URL, 'port' | 'password' | 'pathname' | 'username' | 'protocol'>>,
): string {
  return Object.assign(new URL(url), parts).toString()
}

const open = (url: string) => connectDatabase(url, { poolSize: 2 })

const table: Table<{ id: number }> = {
  name: 'notes',
  columns: { id: { type: 'integer' } },
  primaryKey: 'id',
  unique: [],
  indexes: [],
  references: [],
}

const blockRows = 500_000

function manyRows(): Block {
  const chunks = Array.from({ length: blockRows / rowsPerChunk }, (_, chunk) => {
    const lines = Array.from({ length: rowsPerChunk }, (__, row) => `${chunk * rowsPerChunk + row}\n`.padStart(9, '0'))
    return { bytes: Buffer.from(lines.join('')), rows: rowsPerChunk }
  })
  return { rows: blockRows, chunks: () => chunks }
}

/** Contract of engines that are servers: there is none, it refuses, it goes away. */
export function describeServer(getServer: () => ServerUnderTest): void {
  describe('server', () => {
    it.each([
      ['no server', { port: '1' }, 'database-unreachable'],
      ['a wrong password', { password: 'wrong' }, 'database-denied'],
      ['an unknown user', { username: 'nobody' }, 'database-denied'],
      ['a database that does not exist', { pathname: '/rushbench_none' }, 'database-missing'],
      ['no database in the URL', { pathname: '/' }, 'url-unreadable'],
    ])('%s', async (_name, parts, code) => {
      await expect(open(changed(getServer().url, parts))).rejects.toMatchObject({
        code,
        message: expect.not.stringMatching(/:(wrong|rushbench)@/),
      })
    })

    it('a URL whose password is not encoded', async () => {
      const scheme = new URL(getServer().url).protocol
      await expect(open(`${scheme}//root:100%@127.0.0.1:1/x`)).rejects.toMatchObject({
        code: 'url-unreadable',
        message: expect.not.stringContaining('100%'),
      })
    })

    it('a server that hangs up', async () => {
      const port = await listen((socket) => socket.destroy())
      await expect(open(changed(getServer().url, { port }))).rejects.toMatchObject({
        code: expect.stringMatching(/^database-(unreachable|lost)$/),
      })
    })

    // The moment differs from try to try: the server may be reading, or its buffers full and ours as well.
    it('a connection that is cut while a block is loaded, with the database it led to and nothing of the block kept', async () => {
      const scratch = await getServer().makeScratch()
      const name = new URL(scratch.url).pathname.slice(1)
      await using database = await connectDatabase(scratch.url, { poolSize: 1 })
      await database.createTables([{ table, mark: 'test' }])
      const layout = { table, fields: [{ column: 'id', offset: 0, width: 8 }], rowBytes: 9 } as const
      const block = manyRows()
      const loader = await database.insertStrategies[0]!.open(layout)
      for (let attempt = 0, last = 0; attempt < 25; attempt++) {
        const loading = loader.load(block, { counted: null, receipt: null }).catch((error: unknown) => error)
        last = await getServer().cut(name, 'loading', last)
        expect(await loading).toMatchObject({
          code: 'database-lost',
          message: expect.stringContaining(`/${name} was lost`),
        })
      }
      expect(await database.store.count(table)).toBe(0)
      await scratch.remove()
    })

    it('a connection that is cut in use, and the one after it', async () => {
      const scratch = await getServer().makeScratch()
      await using database = await connectDatabase(scratch.url, { poolSize: 1 })
      const held = await database.openInserter(table)
      await getServer().cut(new URL(scratch.url).pathname.slice(1), 'idle', 0)
      await expect(held.insert({ id: 1 })).rejects.toMatchObject({ code: 'database-lost' })
      await held.close()
      expect(await database.tables()).toEqual([])
      await scratch.remove()
    })
  })
}
