import type { ServerCounter } from '../../../ports/database.ts'
import type { MongoConnection } from './connection.ts'

/** The part of serverStatus that is read; what stands in front of MongoDB's protocol may leave all of it out. */
interface ServerStatus {
  readonly wiredTiger?: {
    readonly cache?: Readonly<Record<string, number>>
    readonly log?: Readonly<Record<string, number>>
  }
}

/** What WiredTiger has counted since the server started; nothing where another engine stores the data. */
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
