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

type Counts = Readonly<Record<string, number>>

/** The part of serverStatus that is read; what stands in front of MongoDB's protocol may leave all of it out. */
interface ServerStatus {
  readonly wiredTiger?: {
    readonly cache?: Counts
    readonly log?: Counts
    readonly connection?: Counts
    readonly transaction?: Counts
    readonly checkpoint?: Counts
  }
  readonly globalLock?: { readonly currentQueue?: Counts }
  readonly locks?: Readonly<Record<string, { readonly acquireWaitCount?: Counts }>>
  readonly metrics?: { readonly operation?: Counts; readonly queryExecutor?: Counts }
}

/** Parts of serverStatus that take time and are not read. */
const unread = ['repl', 'network', 'opLatencies', 'tcmalloc', 'transactions', 'mirroredReads', 'security', 'extra_info']

/** Reads the counts of WiredTiger and of the server since it started; nothing where another engine stores the data. */
export async function readMongoCounters(connection: MongoConnection): Promise<ServerCounter[]> {
  const leftOut = Object.fromEntries(unread.map((name) => [name, 0]))
  return pickCounters(await connection.run(connection.db.command({ serverStatus: 1, ...leftOut })))
}

/** The counters in an answer to serverStatus. */
export function pickCounters({ wiredTiger = {}, globalLock, locks, metrics }: ServerStatus): ServerCounter[] {
  const { cache, log, transaction, checkpoint } = wiredTiger
  const total = (name: string, unit: string, value: number | undefined) =>
    ({ name, kind: 'total', unit, value }) as const
  const rare = (name: string, unit: string, value: number | undefined) =>
    ({ ...total(name, unit, value), rare: true }) as const
  const found: readonly (Omit<ServerCounter, 'value'> & { readonly value: number | undefined })[] = [
    total('page reads', 'pages', cache?.['pages read into cache']),
    total('pages written', 'pages', cache?.['pages written from cache']),
    total('log written', 'bytes', log?.['log bytes written']),
    // With those of the log, as InnoDB counts them.
    total('data fsyncs', 'fsyncs', wiredTiger.connection?.['total fsync I/Os']),
    total('log fsyncs', 'fsyncs', log?.['log sync operations']),
    // From version 7 on they stand in a part of their own.
    total(
      'checkpoints',
      'checkpoints',
      transaction?.['transaction checkpoints'] ?? checkpoint?.['number of checkpoints started'],
    ),
    total('rows read', 'rows', metrics?.queryExecutor?.['scannedObjects']),
    rare('lock waits', 'waits', waitsFor(locks)),
    rare('write conflicts', 'conflicts', metrics?.operation?.['writeConflicts']),
    { ...rare('waiting for locks', 'operations', globalLock?.currentQueue?.['total']), kind: 'level' },
  ]
  return found.flatMap(({ value, ...counter }) => (value === undefined ? [] : [{ ...counter, value }]))
}

/** Waits for locks of all kinds and modes; a kind that was never waited for is left out by the server. */
function waitsFor(locks: ServerStatus['locks']): number | undefined {
  return (
    locks &&
    Object.values(locks)
      .flatMap((lock) => Object.values(lock.acquireWaitCount ?? {}))
      .reduce((sum, value) => sum + value, 0)
  )
}
