import { describeDurability, unknown } from '../durability.ts'
import type {
  Database,
  DatabaseAdapter,
  EngineInfo,
  PausableAccess,
  Counter,
  KeyRange,
  Store,
} from '../../../ports/database.ts'
import { pollRows } from '../watch.ts'
import { redisStrategies } from './bulk.ts'
import { openRedisClient } from './command-client.ts'
import { connectRedis, type RedisConnection, readConnectionFacts } from './connection.ts'
import { createRedisStatements, isForbidden, readInfo, readRedisCounters, readRedisFacts } from './server-facts.ts'
import { durabilitySettings, judgeRedis, type RedisSettings } from './durability.ts'
import { readRedisShapes } from './shape.ts'
import { createRedisStore } from './store.ts'
import { createIndexes, createTables, dropIndexes, dropTables, listTables } from './tables.ts'
import { changeRedisTable, describeRedisChange } from './change-tables.ts'
import { isCreated, migrationFailed, openOn } from '../errors.ts'
import { encodeRows, write, writeInTurns, type PlannedChange } from './write.ts'
import { openPausableProxy, redirectUrl } from '../pausable-proxy.ts'
import { readRedisUrl } from './url.ts'

/** Redis, and servers that speak its protocol. A table is a hash of rows with sorted sets beside it. */
export const redis: DatabaseAdapter = {
  name: 'redis',
  // The server does one thing at a time: one connection on which requests follow each other keeps it as busy as many.
  connect: async (url) =>
    openOn(await connectRedis(url), async (connection) => {
      const engine = await readEngine(connection)
      return createDatabase(connection, { ...engine, connection: await readConnectionFacts(url) })
    }),
  openPausable,
  openClient: openRedisClient,
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
    traits: { transactions: false, transactionalDdl: false, concurrentWriters: true, foreignKeys: true },
    unsupported: [],
    store,
    insertStrategies: redisStrategies(connection, describeDurability(engine.durability)),
    tables: () => listTables(connection),
    shapes: (tables) => readRedisShapes(connection, tables),
    // There are only tables of ours, which hold what they were given.
    collations: async () => new Map(),
    createTables: (tables) => createTables(connection, tables),
    async changeTables(changes, { table, rows }) {
      await createTables(connection, changes.filter(isCreated))
      try {
        for (const change of changes) await changeRedisTable(connection, change)
        await store.insert(table, rows)
      } catch (error) {
        throw migrationFailed(error, connection.url)
      }
    },
    describeChanges: (changes) => changes.flatMap(describeRedisChange),
    dropTables: (tables) => dropTables(connection, tables),
    dropIndexes: (table) => dropIndexes(connection, table),
    createIndexes: (table) => createIndexes(connection, table),
    awaitWriters: async () => {},
    recount: (counter, range) => recount(connection, store, counter, range),
    watchRows: (table, listener) => pollRows(store, table, listener),
    counters: () => readRedisCounters(connection),
    statementStatistics: createRedisStatements(connection),
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

/** A proxy to the server or the Unix socket that the URL names. */
export async function openPausable(url: string): Promise<PausableAccess> {
  const { shown, socket, options, verification, certifiedName } = readRedisUrl(url)
  const { path, host = '', port = 0 } = socket as { path?: string; host?: string; port?: number }
  const db = String(options.database ?? 0)
  const urlAt = (proxyPort: number): string => {
    if (path !== undefined) {
      const tcp = url.replace(/^unix:(?:\/\/)?([^@/?]*@)?[^?]*/i, 'redis://$1')
      return redirectUrl(tcp, proxyPort, { db })
    }
    // Certificates go on being checked against the server's own name.
    return redirectUrl(url, proxyPort, verification === 'authority and host' ? { sni: certifiedName } : {})
  }
  return openPausableProxy({ shown, host: path ?? host, port, urlAt })
}

/**
 * Sets the counters of the parents in `range` to capacity - children. The rows are counted first: whoever books in the
 * range at the same time is not in the count.
 */
export async function recount(
  connection: RedisConnection,
  store: Store,
  { parent, counter, capacity, child, reference }: Counter,
  { from, to }: KeyRange,
): Promise<void> {
  const children = await store.countBy(child, reference)
  const parents = (await store.find(parent, { [parent.primaryKey]: { gte: from, lte: to } })) as Record<
    string,
    number
  >[]
  const changes: PlannedChange[] = parents.flatMap((row) => {
    const key = row[parent.primaryKey] as number
    const value = (row[capacity] as number) - (children.get(key) ?? 0)
    if (row[counter] === value) return []
    const terms = [[parent.primaryKey, 'eq', String(key)] as const]
    return [{ guard: { table: parent, terms, patch: [[counter, 'set', String(value)]] }, insert: [] }]
  })
  await writeInTurns(connection, changes)
}
