import { describeDurability, unknown } from '../durability.ts'
import type { Database, DatabaseAdapter, EngineInfo } from '../../../ports/database.ts'
import { pollInserts } from '../watch.ts'
import { redisStrategies } from './bulk.ts'
import { connectRedis, type RedisConnection } from './connection.ts'
import { isForbidden, readInfo, readRedisCounters } from './counters.ts'
import { durabilitySettings, judgeRedis, type RedisSettings } from './durability.ts'
import { readConnectionFacts } from './facts.ts'
import { openPausable } from './pausable.ts'
import { readRedisFacts } from './server-facts.ts'
import { recount } from './recount.ts'
import { readRedisShapes } from './shape.ts'
import { createRedisStore } from './store.ts'
import { createIndexes, createTables, dropIndexes, dropTables, listTables } from './tables.ts'
import { encodeRows, write } from './write.ts'

/** Redis, and servers that speak its protocol. A table is a hash of rows with sorted sets beside it. */
export const redis: DatabaseAdapter = {
  name: 'redis',
  // The server does one thing at a time: one connection on which requests follow each other keeps it as busy as many.
  async connect(url) {
    const connection = await connectRedis(url)
    try {
      return createDatabase(connection, {
        ...(await readEngine(connection)),
        connection: await readConnectionFacts(url),
      })
    } catch (error) {
      await connection.close()
      throw error
    }
  },
  openPausable,
}

async function readEngine(connection: RedisConnection): Promise<EngineInfo> {
  const facts = await readInfo(connection, 'server')
  const settings = Object.fromEntries(
    await Promise.all(durabilitySettings.map(async (name) => [name, await readSetting(connection, name)] as const)),
  ) as RedisSettings
  const valkey = facts.get('valkey_version')
  return {
    name: valkey === undefined ? 'redis' : 'valkey',
    version: valkey ?? facts.get('redis_version') ?? 'unknown',
    durability: judgeRedis(settings),
  }
}

async function readSetting(connection: RedisConnection, name: string): Promise<string> {
  try {
    const found = await connection.command<Readonly<Record<string, string>>>('CONFIG', 'GET', name)
    const value = found[name]
    return value === undefined ? unknown : value || 'never'
  } catch (error) {
    if (isForbidden(error)) return unknown
    throw error
  }
}

function createDatabase(connection: RedisConnection, engine: EngineInfo): Database {
  const store = createRedisStore(connection)
  return {
    url: connection.url,
    engine,
    traits: { transactions: false, concurrentWriters: true, foreignKeys: true },
    leftOut: [],
    store,
    insertStrategies: redisStrategies(connection, describeDurability(engine.durability)),
    tables: () => listTables(connection),
    shapes: (tables) => readRedisShapes(connection, tables),
    // There are only tables of ours, which hold what they were given.
    natures: async () => new Map(),
    createTables: (tables) => createTables(connection, tables),
    dropTables: (tables) => dropTables(connection, tables),
    dropIndexes: (table) => dropIndexes(connection, table),
    createIndexes: (table) => createIndexes(connection, table),
    awaitWriters: async () => {},
    recount: (counter, range) => recount(connection, store, counter, range),
    watchInserts: (table, listener) => pollInserts(store, table, listener),
    counters: () => readRedisCounters(connection),
    facts: (tables) => readRedisFacts(connection, tables),
    async openInserter(table) {
      const own = await connection.open()
      return {
        insert: async (row) =>
          void (await write(own, [{ guard: null, insert: [{ table, rows: encodeRows(table, [row]) }] }])),
        controlStatement: 'PING',
        control: async () => void (await own.command('PING')),
        close: () => own.close(),
      }
    },
    async now() {
      const [seconds, microseconds] = await connection.command<[string, string]>('TIME')
      return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
    },
    retries: () => ({}),
    [Symbol.asyncDispose]: () => connection.close(),
  }
}
