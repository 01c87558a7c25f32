import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Client, Pool, types, type ClientConfig, type PoolClient, type QueryConfig } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { RushbenchError } from '../../../base/errors/errors.ts'
import type { Value } from '../../../ports/database.ts'
import type { ConnectionFacts, OnWait } from '../../../ports/database-facts.ts'
import { createRetryCounter, retry, type RetryPolicy } from '../retry.ts'
import {
  closeWhenServerHangsUp,
  createSqlPool,
  plain,
  type ConnectedSqlPool,
  type SqlDriver,
  type SqlServerSession,
} from '../sql/pool.ts'
import { createWaitWatch } from '../waits.ts'
import { findPostgresTransientError, translatePostgresError } from './errors.ts'
import { findPostgresHolder } from './lock-holder.ts'
import { createStatementNames, executeNamed } from './named-statement.ts'
import { openListener, type Listen } from './notification.ts'
import { findServer, socketOf, type FoundServer } from './servers.ts'
import { prepareSession } from './session.ts'
import { readPostgresUrl, type PostgresUrl } from './url.ts'

/** One connection of the pool, its errors translated. */
export interface PostgresSession extends SqlServerSession {
  /** COPY ... FROM STDIN, with `chunks` as the file; rows stored. */
  copy(sql: string, chunks: Iterable<Buffer>): Promise<number>
}

/** A pool of connections to one database. */
export interface PostgresConnections extends ConnectedSqlPool<PostgresSession> {
  /**
   * Ends the connections that nobody uses, so that new ones are opened for what comes next: one that has read the
   * parent's table before loads its children's rows a seventh slower (measured on PostgreSQL 15).
   */
  renew(): Promise<void>
  readonly listen: Listen
  /** How the server is reached, for connections of another kind. */
  readonly options: ClientConfig
}

/** Opens a pool and makes sure that the server answers. */
export async function connectPostgres(url: string, poolSize: number, onWait?: OnWait): Promise<PostgresConnections> {
  const server = readPostgresUrl(url)
  const common: ClientConfig = {
    ...server.client,
    types: { getTypeParser: parserFor as typeof types.getTypeParser },
  }
  const own = new Set<number>()
  let direct: ClientConfig | null = null
  const waits = createWaitWatch(onWait, async () => direct && findPostgresHolder(direct, own))
  const policy = {
    url: server.shown,
    findTransientError: findPostgresTransientError,
    counter: createRetryCounter(),
    waits,
  }
  const find = () => findServer(server, common)
  let driverPool: Pool | null = null
  try {
    // A server that has no place left, or is being started, is asked again.
    const found = await retry(find, policy)
    const options = { ...common, ...found.candidate }
    // Behind a pooler the numbers that it gave are those of no session of the server.
    if (!found.connection.pooled) direct = options
    driverPool = createPool(options, poolSize)
    const search = server.servers.length > 1 ? find : null
    const driver = createDriver(driverPool, { ...server, connection: found.connection, search, policy })
    const pool = createSqlPool(driver, policy, own)
    await pool.withSession((session) => session.query(plain('select 1')))
    return { ...pool, connection: found.connection, options, ...outsidePool(driverPool, { ...server, options }) }
  } catch (error) {
    waits.close()
    await driverPool?.end()
    throw translatePostgresError(error, server.shown)
  }
}

/** Uses the driver's connections without a session; nothing is tried again. */
function outsidePool(
  pool: Pool,
  { shown: url, schemas, options }: Pick<PostgresUrl, 'shown' | 'schemas'> & { readonly options: ClientConfig },
): Pick<PostgresConnections, 'renew' | 'listen'> {
  const translated = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw translatePostgresError(error, url)
    })
  return {
    async renew() {
      const idle = await Promise.all(Array.from({ length: pool.idleCount }, () => translated(pool.connect())))
      for (const client of idle) client.release(true)
    },
    async listen(channels, onPayload) {
      const { lost, close } = await translated(openListener({ options, url, channels, schemas }, onPayload))
      return { lost: translated(lost), close }
    },
  }
}

function createPool(options: ClientConfig, poolSize: number): Pool {
  const { password, connectionTimeoutMillis } = options
  /** The pool would hold waits for a free connection to the limit for connecting, as if the server could not be reached. */
  class TimedClient extends Client {
    // The pool hides the password from whoever copies its options.
    constructor(config?: ClientConfig) {
      super({ ...config, password, connectionTimeoutMillis })
    }
  }
  const limits = { max: poolSize, idleTimeoutMillis: 0, connectionTimeoutMillis: 0 }
  const pool = new Pool({ ...options, ...limits, Client: TimedClient })
  // A connection that breaks while nobody uses it is told to the next who does.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    client.on('error', () => {})
    closeWhenServerHangsUp(socketOf(client))
  })
  return pool
}

const bigintOid: number = types.builtins.INT8
const jsonbOid: number = types.builtins.JSONB
const timeOid: number = types.builtins.TIMESTAMP

/** JSON, and a time without a zone, stay the text that they are. */
function parserFor(oid: number, format?: 'text' | 'binary') {
  if (oid === jsonbOid || oid === timeOid) return String
  return oid === bigintOid ? readBigint : types.getTypeParser(oid, format)
}

/** Our integers stay within 2^53 - 1; somebody else's that do not stay the text that they are. */
function readBigint(text: string): number | string {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : text
}

/** The server that was found. */
interface KnownServer extends Pick<PostgresUrl, 'shown' | 'preparedStatements' | 'schemas'> {
  readonly connection: ConnectionFacts
  /** Looks for the one that will do now; null where the URL names a single one. */
  readonly search: (() => Promise<FoundServer>) | null
  readonly policy: RetryPolicy
}

function createDriver(pool: Pool, known: KnownServer): SqlDriver<PostgresSession> {
  const { shown: url, connection, search, policy, schemas } = known
  const names = createStatementNames(known, connection)
  let mustSearch = false

  /** Goes to where the URL's servers lead now, when the last one was lost or takes no writes. */
  async function reach(): Promise<PoolClient> {
    if (!search) return pool.connect()
    if (!mustSearch) {
      try {
        return await pool.connect()
      } catch {
        // Another one may be there.
      }
    }
    Object.assign(pool.options, (await search()).candidate)
    mustSearch = false
    return pool.connect()
  }

  async function lend() {
    const client = await reach()
    let lost = false
    const watched = async <T>(work: Promise<T>, sql: string): Promise<T> => {
      try {
        return await work
      } catch (error) {
        const transientError = policy.findTransientError(error)
        const told = transientError ? error : translatePostgresError(error, url, { sql })
        lost ||= told instanceof RushbenchError && told.code === 'database-lost'
        // The next connection may lead to a server that takes writes.
        const isRefused = transientError?.kind === 'refused'
        lost ||= isRefused
        mustSearch ||= isRefused
        names.note(told)
        throw told
      }
    }
    return {
      identity: client,
      session: createSession(client, watched, names.nameOf),
      release: () => client.release(lost),
      discard: () => client.release(true),
      async prepare() {
        await prepareSession(client, url, { isPooled: connection.pooled === true, schemas })
        return (client as unknown as { readonly processID: number }).processID
      },
    }
  }

  return { lend, translate: (error, waiting) => translatePostgresError(error, url, { waiting }), end: () => pool.end() }
}

function createSession(
  client: PoolClient,
  translated: <T>(work: Promise<T>, sql: string) => Promise<T>,
  nameOf: (text: string) => string | undefined,
): PostgresSession {
  const run = async (query: QueryConfig) => translated(client.query<Record<string, Value>>(query), query.text)
  const known = new Set<string>()
  const session: PostgresSession = {
    query: async ({ sql, parameters }) => (await run({ text: sql, values: [...parameters] })).rows,
    execute: async ({ sql, parameters }) => (await run({ text: sql, values: [...parameters] })).rowCount ?? 0,
    async executePrepared({ sql, parameters }) {
      const name = nameOf(sql)
      return (await run({ ...(name && { name }), text: sql, values: [...parameters] })).rowCount ?? 0
    },
    async executeTimed(statement) {
      const { sql, parameters } = statement
      const name = nameOf(sql)
      if (name !== undefined && known.has(name)) return translated(executeNamed(client, name, parameters), sql)
      // pg prepares it.
      const rows = await session.executePrepared(statement)
      if (name !== undefined) known.add(name)
      return rows
    },
    async copy(sql, chunks) {
      const target = client.query(copyFrom(sql))
      await translated(pipeline(Readable.from(chunks, { objectMode: false }), target), sql)
      return target.rowCount
    },
  }
  return session
}
