import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ClientConnection, DatabaseClient } from '../../../../src/lib/ports/database-client.ts'
import { openDatabaseClient } from '../../../../src/lib/adapters/databases/registry.ts'
import { testVersions, type TestDatabase } from '../../../support/database/engines.ts'
import { openSeverableProxy } from '../../../support/severable-proxy.ts'

const options = { protocol: 'prepared', readOnly: false } as const
const opened: DatabaseClient[] = []

afterEach(async () => {
  for (const client of opened.splice(0)) await client[Symbol.asyncDispose]()
})

async function openClient(url: string): Promise<DatabaseClient> {
  const client = await openDatabaseClient(url, options)
  opened.push(client)
  return client
}

const withProxy = (url: string): string => `${url}${url.startsWith('mongodb:') ? '?directConnection=true' : ''}`

for (const { name, open } of testVersions.filter((engine) => ['mongodb', 'ferretdb', 'redis'].includes(engine.name))) {
  describe.skipIf(open === null)(`measured commands on ${name}`, () => {
    let place: TestDatabase
    const ping = { command: name === 'redis' ? ['PING'] : { ping: 1 } }

    beforeAll(async () => void (place = await open!()))
    afterAll(async () => place.remove())

    it('has no sessions that can change nothing, and no SQL', async () => {
      await expect(openDatabaseClient(place.url, { ...options, readOnly: true })).rejects.toMatchObject({
        code: 'read-only-unsupported',
        message: expect.stringContaining('--own-data') as string,
      })
      const client = await openClient(place.url)
      expect(client).toMatchObject({ transactions: name === 'mongodb' })
      const connection = await client.open()
      await expect(connection.run({ sql: 'select 1' })).rejects.toMatchObject({
        name: 'StatementError',
        kind: 'refused',
      })
      if (!client.transactions) await expect(connection.begin({})).rejects.toMatchObject({ kind: 'refused' })
      expect(connection.isUsable).toBe(true)
    })

    it('is lost with its connection, and cut off where it is closed', async () => {
      await using proxy = await openSeverableProxy(withProxy(place.url))
      const client = await openClient(proxy.url)
      const [connection, other] = [await client.open(), await client.open()]
      await connection.run(ping)
      const sleep = { command: name === 'redis' ? ['BLPOP', 'nothing', '5'] : { ping: 1 } }
      if (name === 'redis') {
        const underWay = other.run(sleep).catch((error: unknown) => error)
        other.close()
        expect(await underWay).toMatchObject({ kind: 'lost' })
      } else {
        other.close()
      }
      await expect(other.run(ping)).rejects.toMatchObject({ name: 'StatementError', kind: 'lost' })
      proxy.cut()
      await expect(connection.run(ping)).rejects.toMatchObject({ name: 'StatementError', kind: 'lost' })
      expect(connection.isUsable).toBe(false)
      await expect(connection.run(ping)).rejects.toMatchObject({ kind: 'lost' })
      connection.close()
      await proxy.mend()
      await expect.poll(async () => (await (await client.open()).run(ping)).reply).toBeTruthy()
    })

    if (name === 'redis') describeRedis(() => place.url)
    else describeMongo(() => place.url, name === 'mongodb')
  })
}

function describeRedis(url: () => string): void {
  it('gives replies as they are, in parts too', async () => {
    const connection = await (await openClient(url())).open()
    const reply = async (...command: (string | number)[]) => (await connection.run({ command })).reply
    expect(await reply('SET', 'k', 'grüße\r\n😀')).toBe('OK')
    expect(await reply('GET', 'k')).toBe('grüße\r\n😀')
    expect(await reply('GET', 'none')).toBeNull()
    expect(await reply('INCRBY', 'n', 41)).toBe(41)
    expect(await reply('HSET', 'h', 'a', 1, 'b', '')).toBe(2)
    expect(await reply('HGETALL', 'h')).toEqual(['a', '1', 'b', ''])
    const long = 'ä'.repeat(300_000)
    await reply('RPUSH', 'list', long, 'x', long)
    expect(await reply('LRANGE', 'list', 0, -1)).toEqual([long, 'x', long])
    expect(await reply('EVAL', "return {1, {'a', {}}, redis.error_reply('NO way')}", 0)).toEqual([
      1,
      ['a', []],
      { message: 'NO way' },
    ])
    await reply('SET', 'large', '9007199254740992')
    expect(await reply('INCR', 'large')).toBe('9007199254740993')
  })

  it('tells of errors by their first word', async () => {
    const client = await openClient(url())
    const connection = await client.open()
    await connection.run({ command: ['SET', 'text', 'x'] })
    await expect(connection.run({ command: ['LPUSH', 'text', 'x'] })).rejects.toMatchObject({
      kind: 'refused',
      code: 'WRONGTYPE',
    })
    await expect(connection.run({ command: ['NONESUCH'] })).rejects.toMatchObject({ code: 'ERR' })
    const { reply: id } = await connection.run({ command: ['CLIENT', 'ID'] })
    await (await client.open()).run({ command: ['CLIENT', 'KILL', 'ID', String(id)] })
    await expect.poll(() => connection.isUsable).toBe(false)
    const wrong = Object.assign(new URL(url()), { password: 'wrong' }).toString()
    await expect((await openClient(wrong)).open()).rejects.toMatchObject({ kind: 'refused' })
    const gone = Object.assign(new URL(url()), { port: '1' }).toString()
    await expect((await openClient(gone)).open()).rejects.toMatchObject({ kind: 'lost', code: 'ECONNREFUSED' })
  })
}

function describeMongo(url: () => string, hasTransactions: boolean): void {
  const find = async (connection: ClientConnection, filter: object) => {
    const { reply } = await connection.run({ command: { find: 'docs', filter, sort: { _id: 1 } } })
    return (reply as { cursor: { firstBatch: unknown[] } }).cursor.firstBatch
  }

  it('runs documents as they are, and counts what is stored, changed and removed', async () => {
    const connection = await (await openClient(url())).open()
    const documents = [1, 2].map((id) => ({ _id: id, text: 'grüße 😀', number: 1.5, list: [1, null], none: null }))
    expect((await connection.run({ command: { insert: 'docs', documents } })).affected).toBe(2)
    expect(await find(connection, {})).toEqual(documents)
    const update = { update: 'docs', updates: [{ q: { _id: 1 }, u: { $inc: { number: 1 } } }] }
    expect((await connection.run({ command: update })).affected).toBe(1)
    expect((await connection.run({ command: { count: 'docs' } })).affected).toBe(0)
    await expect(connection.run({ command: { insert: 'docs', documents: [{ _id: 2 }] } })).rejects.toMatchObject({
      name: 'StatementError',
      kind: 'refused',
      code: '11000 DuplicateKey',
    })
    await expect(connection.run({ command: { nonesuch: 1 } })).rejects.toMatchObject({ code: '59 CommandNotFound' })
    const all = { delete: 'docs', deletes: [{ q: {}, limit: 0 }] }
    expect((await connection.run({ command: all })).affected).toBe(2)
  })

  it.each(hasTransactions ? [''] : [])(
    'commits, rolls back, and tells of conflicts and of time that is up',
    async () => {
      const client = await openClient(url())
      const [one, other] = [await client.open(), await client.open()]
      await one.run({ command: { insert: 'docs', documents: [{ _id: 7, number: 0 }] } })
      const add = { command: { update: 'docs', updates: [{ q: { _id: 7 }, u: { $inc: { number: 1 } } }] } }
      await one.begin({})
      await one.run(add)
      await one.rollback()
      await one.begin({ isolation: 'repeatable-read' })
      await one.run(add)
      await other.begin({})
      await expect(other.run(add)).rejects.toMatchObject({ kind: 'conflict', code: '112 WriteConflict' })
      await expect(other.commit()).rejects.toMatchObject({ kind: 'conflict' })
      await one.commit()
      expect(await find(other, { _id: 7 })).toEqual([{ _id: 7, number: 1 }])
      await expect(one.begin({ isolation: 'serializable' })).rejects.toMatchObject({ kind: 'refused' })
      await expect(one.begin({ readOnly: true })).rejects.toMatchObject({ kind: 'refused' })
      const slow = { aggregate: 1, pipeline: slowly, cursor: {}, maxTimeMS: 50 }
      await expect(one.run({ command: slow })).rejects.toMatchObject({ kind: 'timeout', code: '50 MaxTimeMSExpired' })
      const underWay = other.run({ command: { ...slow, maxTimeMS: 2000 } }).catch((error: unknown) => error)
      const closedAt = performance.now()
      other.close()
      expect(await underWay).toMatchObject({ kind: 'lost' })
      expect(performance.now() - closedAt).toBeLessThan(1000)
    },
  )
}

/** Keeps the server busy for longer than anybody waits: it counts to a thousand millions. */
const slowly = [
  { $documents: [{}] },
  ...['x', 'y', 'z'].flatMap((name) => [{ $set: { [name]: { $range: [0, 1000] } } }, { $unwind: `$${name}` }]),
  { $count: 'all' },
]
