import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { realClock } from '../../../../src/lib/base/measure/clock.ts'
import { watchServer } from '../../../../src/lib/load/metrics/server-watch.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { startPrivateService, type PrivateService } from '../../../support/private-service.ts'
import { withClient } from '../../../support/database/redis-databases.ts'
import { findService } from '../../../support/services.ts'
import { changed } from '../../../support/database/server-contract.ts'
import { all, booking, seat, seats, show, shows, tables, workload } from '../../../support/database/tables.ts'

const open = (url: string) => connectDatabase(url, { poolSize: 2 })

const isThere = (await findService('redis')) !== null

async function openOwnRedis(): Promise<PrivateService> {
  return (await startPrivateService('redis'))!
}

describe.skipIf(!isThere)('a redis of its own', () => {
  it('is killed and started again: nothing acknowledged is lost, nothing is done by halves', async () => {
    await using server = await openOwnRedis()
    await using database = await open(server.url)
    expect(database.engine.durability).toEqual({
      holds: true,
      atRisk: 'nothing',
      settings: { appendonly: 'yes', appendfsync: 'always', save: 'never' },
    })
    await migrateUp(database, workload, tables)
    await database.store.insert(shows, [show(1, { free: 1_000_000 })])
    const acknowledged: string[] = []
    const codes = new Set<unknown>()
    let working = true
    const bookers = Array.from({ length: 8 }, async () => {
      while (working) {
        const batch = [seat(1), seat(1), seat(1)]
        try {
          const applied = await database.store.apply(batch.map((row) => booking(row)))
          for (const [index, row] of batch.entries()) if (applied[index]) acknowledged.push(row.id)
        } catch (error) {
          codes.add((error as { code?: unknown }).code)
          await sleep(10)
        }
      }
    })
    for (let kill = 0; kill < 3; kill++) {
      const before = acknowledged.length
      while (acknowledged.length < before + 200) await sleep(10)
      await server.kill()
      // The driver may not have heard of it yet.
      await expect(database.store.count(shows)).rejects.toMatchObject({
        code: expect.stringMatching(/^database-(lost|unreachable)$/),
      })
      await server.start()
    }
    const before = acknowledged.length
    while (acknowledged.length < before + 30) await sleep(10)
    working = false
    await Promise.all(bookers)
    expect([...codes].filter((code) => code !== 'database-lost' && code !== 'database-unreachable')).toEqual([])
    const stored = new Set((await all(database.store.scan(seats))).map(({ id }) => id))
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
    expect(await database.store.count(seats)).toBe(stored.size)
    expect((await database.store.find(shows, {}))[0]?.free).toBe(1_000_000 - stored.size)
    expect(stored.size % 3).toBe(0)
  })

  it('is away in the middle of a load: that is a gap in what it counted, and ends nothing', async () => {
    await using server = await openOwnRedis()
    await using database = await open(server.url)
    await migrateUp(database, workload, tables)
    const watch = watchServer(database, realClock)
    const seconds = async (count: number) => sleep(count * 1000)
    await watch.begin()
    await seconds(1.2)
    await server.kill()
    await seconds(1.2)
    await server.start()
    await seconds(2.6)
    await watch.stop()
    const { counters, error } = await watch.end()
    expect(error).toMatch(/redis/i)
    const { values, sum } = counters.find(({ name }) => name === 'commands')!
    expect(values[0]).toBeGreaterThan(0)
    expect(values).toContain(null)
    expect(values.at(-1)).toBeGreaterThan(0)
    // It counts from 0 again; what it had counted in the second that it was killed in nobody knows.
    expect(sum).toBeGreaterThan(0)
  })

  it('forgets its scripts in the middle of it all', async () => {
    await using server = await openOwnRedis()
    await using database = await open(server.url)
    await migrateUp(database, workload, tables)
    await database.store.insert(shows, [show(1, { free: 50 })])
    const answers = await withClient(server.url, (client) =>
      Promise.all(
        Array.from({ length: 200 }, async (_, index) => {
          if (index % 10 === 0) await client.scriptFlush()
          return database.store.apply([booking(seat(1))])
        }),
      ),
    )
    expect(answers.filter(([applied]) => applied)).toHaveLength(50)
    expect([await database.store.count(seats), (await database.store.find(shows, {}))[0]?.free]).toEqual([50, 0])
  })

  it.each(['-hset', '-zadd', '-hdel', '-zrem'])('stores nothing by halves for a user with %s', async (right) => {
    await using server = await openOwnRedis()
    await withClient(server.url, async (client) => {
      await client.sendCommand(['ACL', 'SETUSER', 'clerk', 'on', '>clerk', '~*', '&*', '+@all'])
      await using database = await open(changed(server.url, { username: 'clerk', password: 'clerk' }))
      await migrateUp(database, workload, tables)
      const keys = await client.dbSize()
      await client.sendCommand(['ACL', 'SETUSER', 'clerk', right])
      await expect(database.store.insert(shows, [show(1)])).rejects.toMatchObject({ code: 'right-missing' })
      expect(await client.dbSize()).toBe(keys)
    })
  })

  it.each([
    ['yes', 'everysec', '', 'the last second'],
    ['yes', 'no', '', 'what the system held back'],
    ['no', 'always', '', 'everything'],
    ['no', 'always', '60 1', 'all since the last snapshot'],
  ])(
    'with appendonly=%s, appendfsync=%s and save=%s says what is at risk',
    async (appendonly, appendfsync, save, risk) => {
      await using server = await openOwnRedis()
      await withClient(server.url, (client) => client.configSet({ appendonly, appendfsync, save }))
      await using database = await open(server.url)
      expect(database.engine.durability).toMatchObject({
        holds: false,
        atRisk: risk,
        settings: { appendonly, appendfsync },
      })
    },
  )

  it('counts its log, and tells of nothing that a user may not ask for', async () => {
    await using server = await openOwnRedis()
    const names = async (database: Database) => (await database.counters()).map(({ name }) => name)
    {
      await using database = await open(server.url)
      expect(await names(database)).toEqual([
        'script time',
        'delayed fsyncs',
        'log size',
        'memory',
        'commands',
        'key reads',
        'checkpoints',
        'evicted keys',
      ])
    }
    await withClient(server.url, (client) =>
      client.sendCommand(['ACL', 'SETUSER', 'clerk', 'on', '>clerk', '~*', '&*', '+@all', '-config', '-info']),
    )
    await using database = await open(changed(server.url, { username: 'clerk', password: 'clerk' }))
    expect(database.engine.durability).toEqual({
      holds: false,
      atRisk: 'unknown',
      settings: { appendonly: 'unknown', appendfsync: 'unknown', save: 'unknown' },
    })
    expect(await names(database)).toEqual([])
    expect(await database.statementStatistics!.unavailable()).toBe('this user may not ask: ACL SETUSER ... +info')
    await migrateUp(database, workload, tables)
    await expect(open(changed(server.url, { username: 'clerk', password: 'other' }))).rejects.toMatchObject({
      code: 'database-denied',
    })
  })
})
