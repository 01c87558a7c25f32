import type { Document } from 'mongodb'
import type { AnyTable, ServerCounter } from '../../../ports/database.ts'
import { bytesOf, withUnit } from '../server-facts.ts'
import type { MongoConnection } from './connection.ts'
import type { ServerFacts, TableFacts } from '../../../ports/database-facts.ts'

/** Asks the server; what it does not know (FerretDB knows little), or a user may not ask, is left out. */
export async function readMongoFacts(connection: MongoConnection, tables: readonly AnyTable[]): Promise<ServerFacts> {
  const status = await connection.admin({ serverStatus: 1 }).catch((): Document => ({}))
  const hello = await connection.admin({ hello: 1 }).catch((): Document => ({}))
  const cache: unknown = status['wiredTiger']?.cache?.['maximum bytes configured']
  const engine = status['storageEngine']?.name as string | undefined
  return {
    settings: {
      ...(cache === undefined ? {} : { 'cache size': withUnit(String(Number(cache))) }),
      ...(engine === undefined ? {} : { 'storage engine': engine }),
      isolation: 'each document by itself',
    },
    tables: (await Promise.all(tables.map((table) => describeTable(connection, table)))).filter(
      (found) => found !== null,
    ),
    replication: describeReplication(hello),
    // It counts connections, ours among them, and shows only administrators whose they are.
    others: null,
  }
}

async function describeTable({ db }: MongoConnection, { name }: AnyTable): Promise<TableFacts | null> {
  const stats = await db.command({ collStats: name }).catch((): Document | null => null)
  if (stats === null) return null
  const sizes = Object.entries((stats['indexSizes'] ?? {}) as Readonly<Record<string, unknown>>)
  return {
    name,
    rows: bytesOf(stats['count']),
    bytes: bytesOf(stats['storageSize']),
    indexBytes: bytesOf(stats['totalIndexSize']),
    indexes: sizes.map(([index, bytes]) => ({ name: index, bytes: bytesOf(bytes) })),
  }
}

function describeReplication(hello: Document): string | null {
  if (hello['msg'] === 'isdbgrid') return 'sharded cluster'
  if (hello['setName'] === undefined) return 'standalone'
  return `replica set ${String(hello['setName'])} of ${(hello['hosts'] as readonly unknown[] | undefined)?.length ?? 0}`
}

/** The part of serverStatus that is read; what stands in front of MongoDB's protocol may leave all of it out. */
interface ServerStatus {
  readonly wiredTiger?: {
    readonly cache?: Readonly<Record<string, number>>
    readonly log?: Readonly<Record<string, number>>
  }
}

/** Reads WiredTiger's counts since the server started; nothing where another engine stores the data. */
export async function readMongoCounters(connection: MongoConnection): Promise<ServerCounter[]> {
  return pickCounters(await connection.run(connection.db.command({ serverStatus: 1 })))
}

/** The counters in an answer to serverStatus. */
export function pickCounters({ wiredTiger = {} }: ServerStatus): ServerCounter[] {
  const found: readonly (Omit<ServerCounter, 'value'> & { readonly value: number | undefined })[] = [
    { name: 'page reads', kind: 'total', unit: 'pages', value: wiredTiger.cache?.['pages read into cache'] },
    { name: 'pages written', kind: 'total', unit: 'pages', value: wiredTiger.cache?.['pages written from cache'] },
    { name: 'log written', kind: 'total', unit: 'bytes', value: wiredTiger.log?.['log bytes written'] },
  ]
  return found.flatMap(({ value, ...counter }) => (value === undefined ? [] : [{ ...counter, value }]))
}
