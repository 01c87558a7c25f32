import { once } from 'node:events'
import { connect } from 'node:tls'
import {
  MongoClient,
  MongoParseError,
  WriteConcern,
  type Collection,
  type CollectionInfo,
  type Db,
  type Document,
  type MongoClientOptions,
} from 'mongodb'
import { failure, reasonOf } from '../../../base/errors/errors.ts'
import type { AnyTable } from '../../../ports/database.ts'
import { openOn } from '../errors.ts'
import { createRetryCounter, createTranslator, retry } from '../retry.ts'
import { factsOf, tlsOptions, type TlsMaterial } from '../tls.ts'
import { createWaitWatch } from '../waits.ts'
import { translateMongoError, findMongoTransientError } from './errors.ts'
import { readMongoUrl, type MongoUrl } from './url.ts'
import type { RetryCounts, OnWait, ConnectionFacts } from '../../../ports/database-facts.ts'

/** A row as MongoDB keeps it: the primary key is `_id`, the other columns keep their names. */
export interface Doc extends Document {
  readonly _id: string | number
}

/** A pool of connections to one database. */
export interface MongoConnection {
  /** Without the password. */
  readonly url: string
  readonly connection: ConnectionFacts
  readonly db: Db
  /** The condition that a write waits for: the URL's choice, or a majority of the servers and their journals. */
  readonly writeConcern: WriteConcern
  collection(table: AnyTable): Collection<Doc>
  /** The collection's options and the server's facts of it; undefined where it is not there. */
  describe(table: AnyTable): Promise<CollectionInfo | undefined>
  /** A command to the server itself rather than to the database. */
  admin(command: Document): Promise<Document>
  /** Waits for the driver, its errors translated. */
  run<T>(work: Promise<T>): Promise<T>
  /** Work that may be done twice without harm, tried again after a transient error. */
  repeat<T>(work: () => Promise<T>): Promise<T>
  /** A write of single documents, tried again after a transient error that has left nothing of it behind. */
  write<T>(work: () => Promise<T>): Promise<T>
  /** Counts of what was tried again so far; the driver's own tries, one for each write, are not among them. */
  retries(): RetryCounts
  close(): Promise<void>
}

const connectTimeoutMs = 5000

/** Opens a pool and makes sure that the server answers. */
export async function connectMongo(url: string, poolSize: number, onWait?: OnWait): Promise<MongoConnection> {
  const server = readMongoUrl(url)
  const client = createClient(url, server, poolSize)
  return openOn(createConnection(client, server, onWait), async (connection) => {
    await connection.run(connection.db.command({ ping: 1 }))
    return { ...connection, connection: await describeConnection(client, server) }
  })
}

/** A pool that has not been connected yet. Throws `url-unreadable`. */
export function createClient(url: string, { shown, files, given }: MongoUrl, poolSize: number): MongoClient {
  try {
    return new MongoClient(url, {
      ...files,
      // The driver would prefer these to what the URL says.
      ...withoutGiven(given, {
        appName: 'rushbench',
        maxPoolSize: poolSize,
        connectTimeoutMS: connectTimeoutMs,
        serverSelectionTimeoutMS: connectTimeoutMs,
      }),
    })
  } catch (error) {
    // What the driver says of a user name or a password may show it.
    const isOfLogin = error instanceof MongoParseError && /user|pass|auth|uri|unescaped/i.test(error.message)
    const reason = isOfLogin ? 'the driver cannot read its user or password' : reasonOf(error)
    throw failure('url-unreadable', { url: shown, reason }, error)
  }
}

function withoutGiven(given: ReadonlySet<string>, options: MongoClientOptions): MongoClientOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !given.has(name)))
}

/** Describes the driver's connections, which it hides: another one is opened to look at where TLS is at work. */
async function describeConnection(client: MongoClient, server: MongoUrl): Promise<ConnectionFacts> {
  const { hosts, tls, ca, cert, key, passphrase } = client.options
  const [{ host = '127.0.0.1', port = 27_017, socketPath } = {}] = hosts
  if (!tls) return { transport: socketPath === undefined ? 'tcp' : 'unix socket', encrypted: false }
  const material = { ca, cert, key, passphrase } as TlsMaterial
  const probe = connect({ host, port, ...tlsOptions(material, server.verification, host) })
  try {
    await once(probe, 'secureConnect', { signal: AbortSignal.timeout(connectTimeoutMs) })
    return factsOf(probe, server.verification)
  } catch {
    // The driver's own connection stands, encrypted as the URL asks for it.
    return { transport: 'tcp', encrypted: true, verified: server.verification }
  } finally {
    probe.destroy()
  }
}

function createConnection(
  client: MongoClient,
  { database: name, shown: url }: MongoUrl,
  onWait: OnWait | undefined,
): Omit<MongoConnection, 'connection'> {
  const writeConcern = client.writeConcern ?? new WriteConcern('majority', undefined, true)
  // Without answers nobody could tell whether a place was taken.
  if (writeConcern.w === 0) throw failure('database-not-ours', { url, reason: 'w=0 leaves every write unanswered' })
  const db = openDatabase(client, name, writeConcern, url)
  const counter = createRetryCounter()
  const waits = createWaitWatch(onWait, null)
  const policy = { url, findTransientError: findMongoTransientError, counter, waits }

  const translated = createTranslator((error) => translateMongoError(error, url), policy)

  const run = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw translateMongoError(error, url)
    })

  return {
    url,
    db,
    writeConcern,
    collection: (table) => db.collection<Doc>(table.name),
    async describe({ name: collection }) {
      return (await run(db.listCollections({ name: collection }, { nameOnly: false }).toArray()))[0]
    },
    admin: (command) => client.db('admin').command(command),
    run,
    repeat: (work) => retry(() => translated(work()), policy),
    write: (work) =>
      retry((attempt) => {
        attempt.mayBeStored = true
        return translated(work())
      }, policy),
    retries: () => counter.counts(),
    close() {
      waits.close()
      return client.close()
    },
  }
}

function openDatabase(client: MongoClient, name: string, writeConcern: WriteConcern, url: string): Db {
  try {
    return client.db(name, { writeConcern })
  } catch (error) {
    throw failure('database-missing', { url, reason: reasonOf(error) }, error)
  }
}
