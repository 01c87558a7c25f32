import { MongoClient, WriteConcern, type Collection, type Db, type Document } from 'mongodb'
import { failure, reasonOf } from '../../errors.ts'
import type { AnyTable } from '../port.ts'
import { retry } from '../retry.ts'
import { createRetryCounter, type RetryCounts } from '../retry-counter.ts'
import { redactUrl } from '../url.ts'
import type { Doc } from './documents.ts'
import { translateMongoError } from './errors.ts'
import { findMongoSetback } from './setbacks.ts'

/** A pool of connections to one database. */
export interface MongoConnection {
  /** Without the password. */
  readonly url: string
  readonly db: Db
  /** What a write waits for: the URL's choice, or a majority of the servers and their journals. */
  readonly writeConcern: WriteConcern
  collection(table: AnyTable): Collection<Doc>
  /** A command to the server itself rather than to the database. */
  admin(command: Document): Promise<Document>
  /** Waits for the driver, its errors translated. */
  run<T>(work: Promise<T>): Promise<T>
  /** What may be done twice without harm, tried again after a setback. */
  repeat<T>(work: () => Promise<T>): Promise<T>
  /** A write of single documents, tried again after a setback that has left nothing of it behind. */
  write<T>(work: () => Promise<T>): Promise<T>
  /** What was tried again so far; the driver's own tries, one for each write, are not among them. */
  retries(): RetryCounts
  close(): Promise<void>
}

const connectTimeoutMs = 5000

/** Opens a pool and makes sure that the server answers. */
export async function connectMongo(url: string, poolSize: number): Promise<MongoConnection> {
  const shown = redactUrl(url)
  const client = createClient(url, shown, poolSize)
  const connection = createConnection(client, databaseName(url, shown), shown)
  try {
    await connection.run(connection.db.command({ ping: 1 }))
    return connection
  } catch (error) {
    await client.close()
    throw error
  }
}

function createClient(url: string, shown: string, poolSize: number): MongoClient {
  try {
    return new MongoClient(url, {
      appName: 'rushbench',
      maxPoolSize: poolSize,
      connectTimeoutMS: connectTimeoutMs,
      serverSelectionTimeoutMS: connectTimeoutMs,
    })
  } catch (error) {
    // What the driver says of a user name or a password may show it.
    const reason = url.includes('@')
      ? 'it is not a URL that can be read; special characters in the user name and the password have to be written as %25 and the like'
      : reasonOf(error)
    throw failure('database-unreachable', { url: shown, reason }, error)
  }
}

/** The driver would take a database named "test" where none is given. */
function databaseName(url: string, shown: string): string {
  const [, path = ''] = /^[^:]+:\/\/[^/]*\/([^?]*)/.exec(url) ?? []
  if (path === '') throw failure('database-missing', { url: shown, reason: 'the URL names no database' })
  return decodeURIComponent(path)
}

function createConnection(client: MongoClient, name: string, url: string): MongoConnection {
  const writeConcern = client.writeConcern ?? new WriteConcern('majority', undefined, true)
  // Without answers nobody could tell whether a place was taken.
  if (writeConcern.w === 0) throw failure('database-not-ours', { url, reason: 'w=0 leaves every write unanswered' })
  const db = openDatabase(client, name, writeConcern, url)
  const counter = createRetryCounter()
  const policy = { url, findSetback: findMongoSetback, counter }

  /** Leaves setbacks as they are, for whoever tries again. */
  async function translated<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw findMongoSetback(error) ? error : translateMongoError(error, url)
    }
  }

  return {
    url,
    db,
    writeConcern,
    collection: (table) => db.collection<Doc>(table.name),
    admin: (command) => client.db('admin').command(command),
    async run(work) {
      try {
        return await work
      } catch (error) {
        throw translateMongoError(error, url)
      }
    },
    repeat: (work) => retry(() => translated(work()), policy),
    write: (work) =>
      retry((attempt) => {
        attempt.mayBeStored = true
        return translated(work())
      }, policy),
    retries: () => counter.counts(),
    close: () => client.close(),
  }
}

function openDatabase(client: MongoClient, name: string, writeConcern: WriteConcern, url: string): Db {
  try {
    return client.db(name, { writeConcern })
  } catch (error) {
    throw failure('database-missing', { url, reason: reasonOf(error) }, error)
  }
}
