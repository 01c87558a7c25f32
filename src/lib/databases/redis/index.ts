import type { Database, DatabaseAdapter, EngineInfo } from '../port.ts'
import { openRelay } from '../relay-access.ts'
import { pollInserts } from '../watch.ts'
import { redisStrategies } from './bulk.ts'
import { connectRedis, type RedisConnection } from './connection.ts'
import { isForbidden, readInfo, readRedisCounters } from './counters.ts'
import { recount } from './recount.ts'
import { createRedisStore } from './store.ts'
import { createIndexes, createTables, dropIndexes, dropTables, listTables } from './tables.ts'
import { encodeRows, write } from './write.ts'

const defaultPort = 6379

/** Redis, and servers that speak its protocol. A table is a hash of rows with sorted sets beside it. */
export const redis: DatabaseAdapter = {
  name: 'redis',
  // The server does one thing at a time: one connection on which requests follow each other keeps it as busy as many.
  async connect(url) {
    const connection = await connectRedis(url)
    try {
      return createDatabase(connection, await readEngine(connection))
    } catch (error) {
      await connection.close()
      throw error
    }
  },
  openPausable: (url) => openRelay(withDatabase(url), defaultPort),
}

/** Without a number it is database 0. */
function withDatabase(url: string): string {
  if (!URL.canParse(url)) return url
  const parsed = new URL(url)
  if (parsed.pathname.length < 2) parsed.pathname = '/0'
  return parsed.toString()
}

/** Settings that say what a write survives. */
const durabilitySettings = ['appendonly', 'appendfsync', 'save'] as const

async function readEngine(connection: RedisConnection): Promise<EngineInfo> {
  const facts = await readInfo(connection, 'server')
  const settings = Object.fromEntries(
    await Promise.all(durabilitySettings.map(async (name) => [name, await readSetting(connection, name)] as const)),
  )
  const valkey = facts.get('valkey_version')
  return {
    name: valkey === undefined ? 'redis' : 'valkey',
    version: valkey ?? facts.get('redis_version') ?? 'unknown',
    durability: { ...settings, at_risk: nameLoss(settings) },
  }
}

/** What was acknowledged and is gone when the server's machine loses its power. */
function nameLoss({ appendonly, appendfsync, save }: Readonly<Record<string, string>>): string {
  if (appendonly === 'unknown' || appendfsync === 'unknown') return 'unknown'
  if (appendonly === 'yes') {
    const losses: Readonly<Record<string, string>> = { always: 'nothing', everysec: 'the last second' }
    return losses[appendfsync ?? ''] ?? 'what the system held back'
  }
  return save === 'never' ? 'everything' : 'all since the last snapshot'
}

async function readSetting(connection: RedisConnection, name: string): Promise<string> {
  try {
    const found = await connection.command<Readonly<Record<string, string>>>('CONFIG', 'GET', name)
    const value = found[name]
    return value === undefined ? 'unknown' : value || 'never'
  } catch (error) {
    if (isForbidden(error)) return 'unknown'
    throw error
  }
}

function createDatabase(connection: RedisConnection, engine: EngineInfo): Database {
  const store = createRedisStore(connection)
  const durability = Object.entries(engine.durability).map(([name, value]) => `${name}=${value}`)
  return {
    url: connection.url,
    engine,
    traits: { transactions: false, concurrentWriters: true, foreignKeys: true },
    leftOut: [],
    store,
    insertStrategies: redisStrategies(connection, durability.join(', ')),
    tables: () => listTables(connection),
    createTables: (tables) => createTables(connection, tables),
    dropTables: (tables) => dropTables(connection, tables),
    dropIndexes: (table) => dropIndexes(connection, table),
    createIndexes: (table) => createIndexes(connection, table),
    awaitWriters: async () => {},
    recount: (counter, range) => recount(connection, store, counter, range),
    watchInserts: (table, listener) => pollInserts(store, table, listener),
    counters: () => readRedisCounters(connection),
    async openInserter(table) {
      const own = await connection.open()
      return {
        insert: async (row) =>
          void (await write(own, [{ guard: null, insert: [{ table, rows: encodeRows(table, [row]) }] }])),
        close: () => own.close(),
      }
    },
    retries: () => ({}),
    [Symbol.asyncDispose]: () => connection.close(),
  }
}
