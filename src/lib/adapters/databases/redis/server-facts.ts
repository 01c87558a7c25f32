import { formatBytes } from '../../../base/format.ts'
import type { AnyTable, ServerCounter } from '../../../ports/database.ts'
import { bytesOf, withUnit } from '../server-facts.ts'
import type { RedisConnection } from './connection.ts'
import { dataPrefix, indexesOf } from './definition.ts'
import type {
  ConnectedFacts,
  ServerFacts,
  StatementCount,
  StatementStatistics,
  TableFacts,
} from '../../../ports/database-facts.ts'
import { codeOf } from './errors.ts'

/** Asks the server; what a user may not ask is left out. */
export async function readRedisFacts(connection: RedisConnection, tables: readonly AnyTable[]): Promise<ServerFacts> {
  const facts = await readInfo(connection, 'memory', 'persistence', 'replication', 'server', 'clients')
  const given = (name: string, shown: string, unit: (value: string) => string = String) => {
    const value = facts.get(name)
    return value === undefined ? [] : [[shown, unit(value)]]
  }
  return {
    settings: Object.fromEntries([
      ...given('maxmemory', 'maxmemory', (value) => (value === '0' ? 'no limit' : withUnit(value))),
      ...given('maxmemory_policy', 'maxmemory-policy'),
      ...given('used_memory', 'memory used', sizeText),
      ...given('aof_current_size', 'log on disk', sizeText),
      ...given('rdb_bgsave_in_progress', 'snapshot under way', asWord),
      ...given('aof_rewrite_in_progress', 'log being rewritten', asWord),
      ...(facts.size === 0 ? [] : [['isolation', 'one script at a time']]),
      ...given('io_threads_active', 'io threads', asWord),
    ]),
    tables: (await Promise.all(tables.map((table) => describeTable(connection, table)))).filter(
      ({ rows }) => rows !== 0,
    ),
    replication: describeReplication(facts),
    others: await readOthers(connection),
  }
}

function sizeText(bytes: string): string {
  return formatBytes(Number(bytes))
}

function asWord(flag: string): string {
  return flag === '1' ? 'yes' : 'no'
}

/** Sizes are what the server estimates from samples. */
async function describeTable(connection: RedisConnection, table: AnyTable): Promise<TableFacts> {
  const key = `${dataPrefix}${table.name}`
  const ask = (...words: string[]) =>
    connection.command<number | null>(...words).catch((error: unknown) => {
      if (isForbidden(error)) return null
      throw error
    })
  const sizeOf = async (name: string) => bytesOf(await ask('MEMORY', 'USAGE', name))
  // As the scripts name them.
  const names = [
    'keys',
    ...table.unique.map((columns) => `unique:${columns.join(',')}`),
    ...indexesOf(table).map((columns) => `index:${columns.join(',')}`),
  ]
  const indexes = await Promise.all(names.map(async (name) => ({ name, bytes: await sizeOf(`${key}:${name}`) })))
  const known = indexes.filter(({ bytes }) => bytes !== null)
  return {
    name: table.name,
    rows: await ask('HLEN', key),
    bytes: await sizeOf(key),
    indexBytes: known.length === 0 ? null : known.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
    indexes: known,
  }
}

function describeReplication(facts: ReadonlyMap<string, string>): string | null {
  const role = facts.get('role')
  if (role === undefined) return null
  const replicas = facts.get('connected_slaves') ?? '0'
  const followers = replicas === '0' ? 'no replica connected' : `${replicas} replicas connected`
  return role === 'slave' ? `itself a replica, ${followers}` : followers
}

/** By user and, where it names itself, by program. Null where the user may not ask. */
async function readOthers(connection: RedisConnection): Promise<ConnectedFacts[] | null> {
  try {
    const own = String(await connection.command<number>('CLIENT', 'ID'))
    const lines = (await connection.command<string>('CLIENT', 'LIST')).split('\n').filter(Boolean)
    const counts = new Map<string, number>()
    for (const line of lines) {
      const fields = new Map(line.split(' ').map((field) => field.split(/=(.*)/s, 2) as [string, string]))
      if (fields.get('id') === own) continue
      const program = fields.get('name') || fields.get('lib-name') || ''
      const who = `${fields.get('user') ?? 'unknown'}${program === '' ? '' : ` (${program})`}`
      counts.set(who, (counts.get(who) ?? 0) + 1)
    }
    return [...counts].map(([who, connections]) => ({ who, connections }))
  } catch (error) {
    if (isForbidden(error)) return null
    throw error
  }
}

/** Reads the server's counters; nothing where INFO is forbidden. */
export async function readRedisCounters(connection: RedisConnection): Promise<ServerCounter[]> {
  return pickCounters(await readInfo(connection, 'memory', 'persistence', 'stats', 'commandstats'))
}

/** Commands as the server counts them, in microseconds; INFO, which asks for this, is left out. */
export function createRedisStatements(connection: RedisConnection): StatementStatistics {
  return {
    unavailable: async () =>
      (await readInfo(connection, 'commandstats')).size > 0 ? null : 'this user may not ask: ACL SETUSER ... +info',
    async counts() {
      return pickCommands(await readInfo(connection, 'commandstats'))
    },
    texts: async (names) => new Map(names.map((name) => [name, name.toUpperCase().replaceAll('|', ' ')])),
  }
}

/** The commands among the facts of INFO. */
export function pickCommands(facts: ReadonlyMap<string, string>): StatementCount[] {
  return [...facts].flatMap(([fact, text]) => {
    const [, id] = /^cmdstat_(.+)$/.exec(fact) ?? []
    const [, calls, usec] = /^calls=(\d+),usec=(\d+)/.exec(text) ?? []
    if (id === undefined || id === 'info' || calls === undefined) return []
    return [{ id, kind: id, calls: Number(calls), ms: Number(usec) / 1000, rows: null }]
  })
}

/** Some sections of INFO; empty where it is forbidden. */
export async function readInfo(
  connection: RedisConnection,
  ...sections: readonly string[]
): Promise<Map<string, string>> {
  const facts = new Map<string, string>()
  // Several sections in one command need version 7.
  const texts = sections.map((section) =>
    connection.command<string>('INFO', section).catch((error: unknown) => {
      if (isForbidden(error)) return ''
      throw error
    }),
  )
  for (const line of (await Promise.all(texts)).join('\n').split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon > 0) facts.set(line.slice(0, colon), line.slice(colon + 1))
  }
  return facts
}

/** Whether the server does not let this user ask, or knows no such command (it was renamed). */
export function isForbidden(thrown: unknown): boolean {
  const error = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown
  return codeOf(error) === 'NOPERM' || (error instanceof Error && /unknown command/i.test(error.message))
}

/** The counters among the facts of INFO. Those of the log are there only while it is kept. */
export function pickCounters(facts: ReadonlyMap<string, string>): ServerCounter[] {
  const numberOf = (name: string): number | null => (facts.has(name) ? Number(facts.get(name)) : null)
  const sumOf = (...names: readonly string[]): number | null =>
    names.every((name) => facts.has(name)) ? names.reduce((sum, name) => sum + Number(facts.get(name)), 0) : null
  // A command that was never sent is left out.
  const known = [...facts.keys()].some((name) => name.startsWith('cmdstat_'))
  const script = known ? Number(/usec=(\d+)/.exec(facts.get('cmdstat_evalsha') ?? '')?.[1] ?? 0) : null
  const found: readonly (Omit<ServerCounter, 'value'> & { readonly value: number | null })[] = [
    { name: 'script time', kind: 'total', unit: 'microseconds', value: script },
    { name: 'delayed fsyncs', kind: 'total', unit: 'fsyncs', value: numberOf('aof_delayed_fsync') },
    { name: 'log size', kind: 'level', unit: 'bytes', value: numberOf('aof_current_size') },
    { name: 'memory', kind: 'level', unit: 'bytes', value: numberOf('used_memory') },
    { name: 'commands', kind: 'total', unit: 'commands', value: numberOf('total_commands_processed') },
    { name: 'key reads', kind: 'total', unit: 'keys', value: sumOf('keyspace_hits', 'keyspace_misses') },
    // Snapshots, and logs that were written anew; counted from version 7 on.
    { name: 'checkpoints', kind: 'total', unit: 'checkpoints', value: sumOf('rdb_saves', 'aof_rewrites') },
    { name: 'evicted keys', kind: 'total', unit: 'keys', rare: true, value: numberOf('evicted_keys') },
  ]
  return found.flatMap(({ value, ...counter }) => (value === null ? [] : [{ ...counter, value }]))
}
