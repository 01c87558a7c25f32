import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { connectDatabase, openDatabaseClient, openPausable } from '../../../../src/lib/adapters/databases/registry.ts'
import { startPrivatePgbouncer } from '../../../support/database/private-pgbouncer.ts'
import { findService } from '../../../support/services.ts'
import { encode, seatLayout } from '../../../support/database/bulk-contract.ts'
import { testEngines, type TestDatabase } from '../../../support/database/engines.ts'
import { seat, seats, show, shows } from '../../../support/database/tables.ts'
import { rowsPerChunk } from '../../../../src/lib/base/limits.ts'

/** Fewer than there are clients, so that they meet each other's sessions. */
const sessions = 2
const clients = 6
const measured = { protocol: 'prepared', readOnly: false } as const

const server = await findService('postgres')
const pgbouncer = server === null ? null : await startPrivatePgbouncer(server, sessions)
const engine = testEngines.find(({ name }) => name === 'postgres')

afterAll(async () => pgbouncer?.[Symbol.asyncDispose]())

describe.skipIf(pgbouncer === null)('PostgreSQL through PgBouncer in transaction mode', () => {
  let place: TestDatabase
  let url: string

  beforeEach(async () => {
    place = await engine!.open!()
    url = pgbouncer!.through(place.url)
  })
  afterEach(async () => place.remove())

  async function makeTables(database: Database): Promise<void> {
    await database.createTables([
      { table: shows, mark: 'test' },
      { table: seats, mark: 'test' },
    ])
  }

  async function insertAtOnce(at: string): Promise<Database> {
    const database = await connectDatabase(at, { poolSize: clients })
    await makeTables(database)
    const inserters = await Promise.all(Array.from({ length: clients }, () => database.openInserter(shows)))
    await Promise.all(
      inserters.map(async (inserter, index) => {
        for (let id = 0; id < 50; id++) await inserter.insert(show(100 * index + id))
        await inserter.close()
      }),
    )
    expect(await database.store.count(shows)).toBe(50 * clients)
    return database
  }

  it('takes inserts of more clients than it has sessions, none of which is tried again', async () => {
    await using database = await insertAtOnce(url)
    expect(database.engine.connection).toEqual({ transport: 'tcp', encrypted: false, pooled: true })
    expect(database.retries()).toEqual({})
  })

  it('mends names of statements that the URL asks for and PgBouncer loses', async () => {
    await using database = await insertAtOnce(`${url}?prepared_statements=named`)
    const reasons = Object.keys(database.retries())
    expect(reasons.length).toBeGreaterThan(0)
    for (const reason of reasons) expect(reason).toMatch(/^prepared statement (lost \(26000\)|taken \(42P05\))$/)
  })

  it.each(['unnamed', 'named'])(
    'takes measured statements of more clients than it has sessions (%s)',
    async (names) => {
      await using client = await openDatabaseClient(`${url}?prepared_statements=${names}`, measured)
      const opened = await Promise.all(Array.from({ length: clients }, () => client.open()))
      const refused: unknown[] = []
      await Promise.all(
        opened.map(async (connection) => {
          for (let sent = 0; sent < 50; sent++) {
            const statement = { sql: `select $1::int + ${sent % 5} as sum`, parameters: [sent] }
            const result = await connection.run(statement).catch((error: unknown) => void refused.push(error))
            if (result) expect(result.rows).toEqual([{ sum: sent + (sent % 5) }])
          }
          expect(connection.isUsable).toBe(true)
        }),
      )
      // Each connection learns at most once, and from no more than one of its statements, that its names are lost.
      expect(refused.length > 0).toBe(names === 'named')
      expect(refused.length).toBeLessThanOrEqual(clients)
      for (const error of refused) expect(error).toMatchObject({ kind: 'conflict' })
    },
  )

  it('gives no session that can change nothing', async () => {
    await using client = await openDatabaseClient(url, { ...measured, readOnly: true })
    await expect(client.open()).rejects.toMatchObject({ kind: 'refused', code: 'read-only-unsupported' })
  })

  it('is no pooler where there is none', async () => {
    await using database = await connectDatabase(place.url, { poolSize: 1 })
    expect(database.engine.connection).toEqual({ transport: 'tcp', encrypted: false })
  })

  it('loads blocks by every bulk strategy, and makes indexes and counters', async () => {
    await using database = await connectDatabase(url, { poolSize: clients })
    await makeTables(database)
    await database.store.insert(
      shows,
      Array.from({ length: 10 }, (_, id) => show(id)),
    )
    for (const strategy of database.insertStrategies) {
      const loader = await strategy.open(seatLayout)
      const rows = Array.from({ length: rowsPerChunk }, (_, id) => seat(id % 10))
      await loader.load(encode(rows), { counted: null, receipt: null })
      await loader.close()
    }
    await database.dropIndexes(seats)
    await database.createIndexes(seats)
    await database.awaitWriters(seats)
    expect(await database.store.count(seats)).toBe(rowsPerChunk * database.insertStrategies.length)
  })

  it('tells of new rows, for which it cannot listen', async () => {
    await using database = await connectDatabase(url, { poolSize: clients })
    await makeTables(database)
    const { promise: told, resolve } = Promise.withResolvers<unknown>()
    const watch = await database.watchRows(shows, {
      known: new Map(),
      onGone() {},
      onRows: resolve,
      onError: (error) => expect.fail(error.message),
    })
    await database.store.insert(shows, [show(7)])
    expect(await told).toEqual([show(7)])
    await watch.close()
  })

  it('says what it refuses', async () => {
    await expect(connectDatabase(`${url}?search_path=public`, { poolSize: 1 })).rejects.toMatchObject({
      code: 'database-not-ours',
      message: expect.stringContaining('unsupported startup parameter'),
    })
  })

  it('can be paused', async () => {
    await using access = await openPausable(url)
    await using database = await connectDatabase(access.url, { poolSize: 1 })
    expect(await database.tables()).toEqual([])
  })
})
