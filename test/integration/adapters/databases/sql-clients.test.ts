import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  isolationLevels,
  type ClientConnection,
  type ClientOptions,
  type DatabaseClient,
  type IsolationLevel,
  type StatementProtocol,
  type StatementValue,
} from '../../../../src/lib/ports/database-client.ts'
import { openDatabaseClient } from '../../../../src/lib/adapters/databases/registry.ts'
import { testVersions, type TestDatabase } from '../../../support/database/engines.ts'
import { sqlWords, type SqlWords } from '../../../support/database/sql-clients.ts'

const engines = testVersions.filter(({ name }) => Object.hasOwn(sqlWords, name))

for (const { name, open } of engines) {
  describe.skipIf(open === null)(`measured statements on ${name}`, () => {
    const words = sqlWords[name] as SqlWords
    let place: TestDatabase
    const opened: DatabaseClient[] = []

    beforeAll(async () => {
      place = await open!()
      await using client = await openDatabaseClient(place.url, { protocol: 'text', readOnly: false })
      const connection = await client.open()
      await connection.run({ sql: 'create table pairs (id integer primary key, value integer not null)' })
      connection.close()
    })
    afterEach(async () => {
      for (const client of opened.splice(0)) await client[Symbol.asyncDispose]()
    })
    afterAll(async () => place.remove())

    async function openOne(
      options: Partial<ClientOptions> = {},
    ): Promise<ClientConnection & { mark(n: number): string }> {
      const client = await openDatabaseClient(place.url, { protocol: 'prepared', readOnly: false, ...options })
      opened.push(client)
      const mark = (n: number): string => (client.engine === 'postgres' ? `$${n}` : '?')
      return Object.assign(await client.open(), { mark })
    }

    async function fill(connection: ClientConnection, rows: readonly (readonly [number, number])[]): Promise<void> {
      await connection.run({ sql: 'delete from pairs' })
      for (const [id, value] of rows) {
        await connection.run({ sql: `insert into pairs (id, value) values (${id}, ${value})` })
      }
    }

    async function valueOf(connection: ClientConnection, id: number): Promise<unknown> {
      const { rows } = await connection.run({ sql: `select value from pairs where id = ${id}` })
      return rows[0]?.['value']
    }

    it.each<StatementProtocol>(['prepared', 'text'])(
      'keeps values of every type as they went (%s)',
      async (protocol) => {
        const connection = await openOne({ protocol })
        const columns = words.columns.map(([type], index) => `c${index} ${type}`)
        await connection.run({ sql: `create table every_type_${protocol} (${columns.join(', ')})` })
        const marks = words.columns.map((_, index) => connection.mark(index + 1))
        const parameters = words.columns.map(([, value]) => value)
        const insert = { sql: `insert into every_type_${protocol} values (${marks.join(', ')})`, parameters }
        const nulls = { ...insert, parameters: parameters.map(() => null) }
        // Twice: a statement that is known goes another way.
        for (const statement of [insert, insert, nulls]) {
          expect(await connection.run(statement)).toEqual({ rows: [], affected: 1 })
        }
        const expected = Object.fromEntries(words.columns.map(([, value, back = value], index) => [`c${index}`, back]))
        const empty = Object.fromEntries(words.columns.map((_, index) => [`c${index}`, null]))
        for (let time = 0; time < 2; time++) {
          const { rows } = await connection.run({ sql: `select * from every_type_${protocol}` })
          expect(rows.map(plain)).toEqual([expected, expected, empty])
        }
        await connection.run({ sql: `drop table every_type_${protocol}` })
      },
    )

    it.each<StatementProtocol>(['prepared', 'text'])('reads many rows, and long ones (%s)', async (protocol) => {
      const connection = await openOne({ protocol })
      const { rows } = await connection.run({ sql: words.rows })
      expect(rows).toHaveLength(20_000)
      expect(rows.every((row, index) => row['i'] === index + 1)).toBe(true)
      const [long] = (await connection.run({ sql: words.longText })).rows
      expect(String(long?.['t']) === 'ä'.repeat(1_000_000)).toBe(true)
      expect((await connection.run({ sql: 'select 1 as one' })).rows).toEqual([{ one: 1 }])
    })

    it('counts rows that are stored, changed and removed, and tells of a key that is there', async () => {
      const connection = await openOne()
      await fill(connection, [
        [1, 10],
        [2, 20],
      ])
      const insert = `insert into pairs (id, value) values (${connection.mark(1)}, ${connection.mark(2)})`
      expect((await connection.run({ sql: insert, parameters: [3, 30] })).affected).toBe(1)
      await expect(connection.run({ sql: insert, parameters: [3, 31] })).rejects.toMatchObject({
        name: 'StatementError',
        kind: 'refused',
        code: words.duplicate,
      })
      // The rows that it matches, whether they had the value before or not.
      const update = `update pairs set value = ${connection.mark(1)} where id >= ${connection.mark(2)}`
      expect((await connection.run({ sql: update, parameters: [30, 2] })).affected).toBe(2)
      expect((await connection.run({ sql: 'select id from pairs' })).affected).toBe(0)
      expect((await connection.run({ sql: 'delete from pairs' })).affected).toBe(3)
    })

    it('refuses what is no statement, values that do not fit, and goes on', async () => {
      const connection = await openOne()
      await expect(connection.run({ sql: 'selec 1' })).rejects.toMatchObject({ kind: 'refused' })
      await expect(connection.run({ command: ['PING'] })).rejects.toMatchObject({ kind: 'refused' })
      const one = { sql: `select value from pairs where id = ${connection.mark(1)}`, parameters: [] }
      if (name !== 'sqlite') await expect(connection.run(one)).rejects.toMatchObject({ kind: 'refused' })
      expect((await connection.run({ ...one, parameters: [0] })).rows).toEqual([])
      expect(connection.isUsable).toBe(true)
    })

    it('knows more statements than it keeps', async () => {
      const connection = await openOne()
      for (const index of [...Array(510).keys(), 0, 1, 509]) {
        const { rows } = await connection.run({ sql: `select ${index} as i` })
        expect(rows).toEqual([{ i: index }])
      }
    })

    it('commits and rolls back', async () => {
      const connection = await openOne()
      await fill(connection, [[1, 10]])
      await connection.begin({})
      await connection.run({ sql: 'update pairs set value = 11' })
      await connection.rollback()
      expect(await valueOf(connection, 1)).toBe(10)
      await connection.begin({})
      await connection.run({ sql: 'update pairs set value = 12' })
      await connection.commit()
      expect(await valueOf(connection, 1)).toBe(12)
    })

    it.each(words.level === null ? [] : [name])(
      'begins at the level that is asked for, and at its own again',
      async () => {
        const [connection, other] = [await openOne(), await openOne()]
        const levelOf = async (isolation?: IsolationLevel) => {
          await connection.begin({ ...(isolation && { isolation }) })
          const { rows } = await connection.run({ sql: words.level ?? '' })
          await connection.commit()
          return rows[0]?.['level']
        }
        const own = await levelOf()
        for (const isolation of isolationLevels) expect(await levelOf(isolation)).toBe(isolation)
        expect(await levelOf()).toBe(own)
        await fill(connection, [[1, 10]])
        for (const [isolation, seen] of [
          ['read-committed', 11],
          ['repeatable-read', 10],
        ] as const) {
          await other.run({ sql: 'update pairs set value = 10' })
          await connection.begin({ isolation })
          expect(await valueOf(connection, 1)).toBe(10)
          await other.run({ sql: 'update pairs set value = 11' })
          expect(await valueOf(connection, 1)).toBe(seen)
          await connection.commit()
        }
      },
    )

    it('takes no writes where none are to be made', async () => {
      const connection = await openOne()
      await fill(connection, [[1, 10]])
      const update = { sql: 'update pairs set value = 11' }
      if (name !== 'sqlite') {
        await connection.begin({ readOnly: true })
        expect(await valueOf(connection, 1)).toBe(10)
        await expect(connection.run(update)).rejects.toMatchObject({ kind: 'refused', code: words.writeInReadOnly })
        await connection.rollback()
      }
      await connection.run(update)
      const reader = await openOne({ readOnly: true })
      expect(await valueOf(reader, 1)).toBe(11)
      await expect(reader.run({ sql: 'delete from pairs' })).rejects.toMatchObject({
        kind: 'refused',
        code: words.writeInReadOnly,
      })
      await reader.begin({})
      await expect(reader.run({ sql: 'delete from pairs' })).rejects.toMatchObject({ code: words.writeInReadOnly })
      await reader.rollback()
      expect(await valueOf(connection, 1)).toBe(11)
    })

    it.each(words.deadlock === null ? [] : [name])('tells of a deadlock, and commits nothing after it', async () => {
      const [one, other] = [await openOne(), await openOne()]
      await fill(one, [
        [1, 10],
        [2, 20],
      ])
      const set = (connection: ClientConnection, id: number) =>
        connection.run({ sql: `update pairs set value = value + 1 where id = ${id}` })
      await Promise.all([one.begin({}), other.begin({})])
      await set(one, 1)
      await set(other, 2)
      const outcomes = await Promise.allSettled([set(one, 2), set(other, 1)])
      const failed = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [{ outcome, index }] : []))
      expect(failed).toHaveLength(1)
      expect(failed[0]?.outcome.reason).toMatchObject({ kind: 'conflict', code: words.deadlock })
      const [victim, winner] = failed[0]?.index === 0 ? [one, other] : [other, one]
      // A statement that went on would commit by itself, as no part of the transaction.
      await expect(victim.run({ sql: 'update pairs set value = 0' })).rejects.toThrow()
      await expect(victim.commit()).rejects.toThrow()
      await victim.rollback()
      await winner.commit()
      expect([await valueOf(victim, 1), await valueOf(victim, 2)]).toEqual([11, 21])
      expect(victim.isUsable).toBe(true)
    })

    it.each(words.lockTimeout === null ? [] : [name])(
      'tells of locks, and of rows that others have changed',
      async () => {
        const [one, other] = [await openOne(), await openOne()]
        const [setting, code] = words.lockTimeout!
        const update = { sql: 'update pairs set value = value + 1' }
        await fill(one, [[1, 10]])
        await other.run({ sql: setting })
        await one.begin({})
        await one.run(update)
        await other.begin({ isolation: 'repeatable-read' })
        expect(await valueOf(other, 1)).toBe(10)
        await expect(other.run(update)).rejects.toMatchObject({ kind: 'conflict', code })
        await other.rollback()
        await other.begin({ isolation: 'repeatable-read' })
        expect(await valueOf(other, 1)).toBe(10)
        await one.commit()
        if (words.changed === null) expect((await other.run(update)).affected).toBe(1)
        else await expect(other.run(update)).rejects.toMatchObject({ kind: 'conflict', code: words.changed })
        await other.rollback()
        expect(await valueOf(one, 1)).toBe(11)
      },
    )

    it.each(name.startsWith('postgres') ? [name] : [])('tells of a server that takes no more connections', async () => {
      const own = await openOne()
      const [row] = (await own.run({ sql: 'select current_database() as name' })).rows
      await own.run({ sql: `alter database ${String(row?.['name'])} connection limit 1` })
      try {
        await expect(openOne()).rejects.toMatchObject({ kind: 'full', code: '53300 too_many_connections' })
      } finally {
        await own.run({ sql: `alter database ${String(row?.['name'])} connection limit -1` })
      }
    })

    it.each(words.timeout === null ? [] : [name])(
      'tells of a statement that took longer than it was given',
      async () => {
        const [statements, code] = words.timeout!
        const connection = await openOne({ protocol: 'text' })
        for (const sql of statements.slice(0, -1)) await connection.run({ sql })
        await expect(connection.run({ sql: statements.at(-1) ?? '' })).rejects.toMatchObject({ kind: 'timeout', code })
        expect(connection.isUsable).toBe(true)
      },
    )

    it.each(words.kill === null ? [] : [name])('is lost when the server kills it, under way and idle', async () => {
      const [idOf, kill] = words.kill!
      const killer = await openOne()
      for (const isIdle of [false, true]) {
        const connection = await openOne()
        const id = Number((await connection.run({ sql: idOf })).rows[0]?.['id'])
        const underWay = isIdle ? null : connection.run({ sql: words.sleep ?? '' }).catch((error: unknown) => error)
        await killer.run({ sql: kill(id) })
        if (underWay) expect(await underWay).toMatchObject({ name: 'StatementError', kind: 'lost' })
        await expect.poll(() => connection.isUsable).toBe(false)
        await expect(connection.run({ sql: 'select 1' })).rejects.toMatchObject({ kind: 'lost' })
        await expect(connection.commit()).rejects.toMatchObject({ kind: 'lost' })
        connection.close()
      }
    })

    it.each(words.sleep === null ? [] : [name])('is cut off where it is closed', async () => {
      const connection = await openOne()
      const startedAt = performance.now()
      const underWay = connection.run({ sql: words.sleep ?? '' }).catch((error: unknown) => error)
      await openOne()
      connection.close()
      expect(await underWay).toMatchObject({ name: 'StatementError', kind: 'lost' })
      expect(performance.now() - startedAt).toBeLessThan(4000)
      expect(connection.isUsable).toBe(false)
    })

    it.each(name === 'sqlite' ? [] : [name])('says why it cannot be opened', async () => {
      const url = Object.assign(new URL(place.url), { password: 'wrong' }).toString()
      await using denied = await openDatabaseClient(url, { protocol: 'prepared', readOnly: false })
      await expect(denied.open()).rejects.toMatchObject({ name: 'StatementError', kind: 'refused' })
      const gone = Object.assign(new URL(place.url), { port: '1' }).toString()
      await using away = await openDatabaseClient(gone, { protocol: 'prepared', readOnly: false })
      await expect(away.open()).rejects.toMatchObject({ kind: 'lost', code: 'ECONNREFUSED' })
    })
  })
}

/** Buffers are bytes as others are. */
function plain(row: Readonly<Record<string, StatementValue>>): Record<string, StatementValue> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Uint8Array ? new Uint8Array(value) : value]),
  )
}
