import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Client, Pool, types, type ClientBase, type ClientConfig, type PoolClient, type QueryConfig } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { ignoreFailure } from '../../../base/abort.ts'
import { RushbenchError } from '../../../base/errors/errors.ts'
import { closeWhenServerHangsUp } from '../hang-up.ts'
import type { Value } from '../../../ports/database.ts'
import { retry, type Attempt, type RetryPolicy, createRetryCounter } from '../retry.ts'
import type { SqlTransaction } from '../sql/apply.ts'
import { retryInSession, type BorrowedSession } from '../sql/retry-in-session.ts'
import type { Statement } from '../sql/statements.ts'
import { createWaitWatch } from '../waits.ts'
import { translatePostgresError, findPostgresTransientError } from './errors.ts'
import { findPostgresHolder } from './lock-holder.ts'
import { executeNamed, createStatementNames } from './named-statement.ts'
import { findServer, socketOf, type FoundServer } from './servers.ts'
import { prepareSession } from './session.ts'
import { readPostgresUrl, type PostgresUrl } from './url.ts'
import type { RetryCounts, OnWait, ConnectionFacts } from '../../../ports/database-facts.ts'

/** One connection of the pool, its errors translated. */
export interface PostgresSession extends SqlTransaction {
  /** As `executePrepared`, with as little work as can be, for what is timed. */
  executeTimed(statement: Statement): Promise<number>
  /** COPY ... FROM STDIN, with `chunks` as the file; rows stored. */
  copy(sql: string, chunks: Iterable<Buffer>): Promise<number>
}

type Work<T> = (session: PostgresSession) => Promise<T>

/** A pool of connections to one database. */
export interface PostgresConnections {
  /** Without the password. */
  readonly url: string
  readonly connection: ConnectionFacts
  withSession<T>(work: Work<T>): Promise<T>
  /** One statement that changes nothing, tried again after a transient error. */
  query(statement: Statement): Promise<Record<string, Value>[]>
  /** One statement that commits on its own, tried again after a transient error; rows matched. */
  execute(statement: Statement): Promise<number>
  /** What commits on its own in a session that is the caller's, tried again after a transient error. */
  retry<T>(work: () => Promise<T>): Promise<T>
  /** In BEGIN ... COMMIT; rolled back and rethrown when `work` throws, tried again after a transient error. */
  transaction<T>(work: Work<T>): Promise<T>
  /** A connection for as long as the caller likes. */
  borrow(): Promise<BorrowedSession<PostgresSession>>
  /**
   * Ends the connections that nobody uses, so that new ones are opened for what comes next: one that has read the
   * parent's table before loads its children's rows a seventh slower (measured on PostgreSQL 15).
   */
  renew(): Promise<void>
  /**
   * A connection of its own that listens on `channel`. `lost` rejects when it ends before it is closed.
   */
  listen(channel: string, onPayload: (payload: string) => void): Promise<PostgresListener>
  /** What was tried again so far. */
  retries(): RetryCounts
  /** Under which numbers the server knows the sessions that were opened so far. */
  own(): readonly number[]
  close(): Promise<void>
}

/** A connection that listens. */
export interface PostgresListener {
  readonly lost: Promise<never>
  close(): Promise<void>
}

const keepAliveMs = 10_000

/** Opens a pool and makes sure that the server answers. */
export async function connectPostgres(url: string, poolSize: number, onWait?: OnWait): Promise<PostgresConnections> {
  const server = readPostgresUrl(url)
  const common: ClientConfig = {
    ...server.client,
    types: { getTypeParser: parserFor as typeof types.getTypeParser },
  }
  const own = new Set<number>()
  let way: ClientConfig | null = null
  const waits = createWaitWatch(onWait, async () => way && findPostgresHolder(way, own))
  const policy = {
    url: server.shown,
    findTransientError: findPostgresTransientError,
    counter: createRetryCounter(),
    waits,
  }
  const find = () => findServer(server, common)
  let pool: Pool | null = null
  try {
    // A server that has no place left, or is being started, is asked again.
    const found = await retry(find, policy)
    const options = { ...common, ...found.candidate }
    // Behind a pooler the numbers that it gave are those of no session of the server.
    if (!found.connection.pooled) way = options
    pool = createPool(options, poolSize)
    const search = server.servers.length > 1 ? find : null
    const known = { ...server, connection: found.connection, search, policy, own }
    const connections = createConnections(pool, options, known)
    await connections.withSession((session) => session.query({ sql: 'select 1', parameters: [] }))
    return connections
  } catch (error) {
    waits.close()
    await pool?.end()
    throw translatePostgresError(error, server.shown)
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

/** JSON stays the text that it is. */
function parserFor(oid: number, format?: 'text' | 'binary') {
  if (oid === jsonbOid) return String
  return oid === bigintOid ? readBigint : types.getTypeParser(oid, format)
}

/** Our integers stay within 2^53 - 1; somebody else's that do not stay the text that they are. */
function readBigint(text: string): number | string {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : text
}

/** What is known of the server once it was found. */
interface KnownServer extends Pick<PostgresUrl, 'shown' | 'preparedStatements' | 'schemas'> {
  readonly connection: ConnectionFacts
  /** Looks for the one that will do now; null where the URL names a single one. */
  readonly search: (() => Promise<FoundServer>) | null
  readonly policy: RetryPolicy
  /** Numbers that the server gave our sessions. */
  readonly own: Set<number>
}

function createConnections(pool: Pool, options: ClientConfig, known: KnownServer): PostgresConnections {
  const { shown: url, connection, search, policy, own, schemas } = known
  const names = createStatementNames(known, connection)
  let mustSearch = false

  /** For what nobody tries again. */
  async function said<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw translatePostgresError(error, url)
    }
  }

  /** Leaves transient errors as they are, for whoever tries again. */
  async function translated<T>(work: Promise<T>, sql?: string): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw findPostgresTransientError(error)
        ? error
        : translatePostgresError(error, url, sql === undefined ? {} : { sql })
    }
  }

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

  const prepared = new WeakSet<ClientBase>()

  async function connect(): Promise<PoolClient> {
    const client = await reach()
    if (prepared.has(client)) return client
    try {
      await prepareSession(client, url, { isPooled: connection.pooled === true, schemas })
      prepared.add(client)
      own.add((client as unknown as { readonly processID: number }).processID)
      return client
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  async function borrow() {
    const client = await retry(() => translated(connect()), policy)
    let lost = false
    const watched = async <T>(work: Promise<T>, sql: string): Promise<T> => {
      try {
        return await translated(work, sql)
      } catch (error) {
        lost ||= error instanceof RushbenchError && error.code === 'database-lost'
        // The next connection may lead to a server that takes writes.
        const isRefused = findPostgresTransientError(error)?.kind === 'refused'
        lost ||= isRefused
        mustSearch ||= isRefused
        names.note(error)
        throw error
      }
    }
    return {
      session: createSession(client, watched, names.nameOf),
      release: () => client.release(lost),
      discard: () => client.release(true),
    }
  }

  const retried = <T>(work: (session: PostgresSession, attempt: Attempt) => Promise<T>): Promise<T> =>
    retryInSession(borrow, work, policy)

  async function attemptTransaction<T>(session: PostgresSession, work: Work<T>, attempt: Attempt): Promise<T> {
    await session.execute(plain('begin'))
    try {
      const result = await work(session)
      attempt.mayBeStored = true
      await session.execute(plain('commit'))
      return result
    } catch (error) {
      // A connection that is gone has nothing to roll back.
      await ignoreFailure(session.execute(plain('rollback')))
      throw error
    }
  }

  return {
    url,
    connection,
    borrow,
    async withSession(work) {
      const waiting = policy.waits.begin()
      try {
        const { session, release } = await borrow()
        try {
          return await work(session)
        } finally {
          release()
        }
      } catch (error) {
        throw translatePostgresError(error, url, { waiting })
      } finally {
        policy.waits.end(waiting)
      }
    },
    query: (statement) => retried((session) => session.query(statement)),
    execute: (statement) =>
      retried((session, attempt) => {
        attempt.mayBeStored = true
        return session.execute(statement)
      }),
    retry: (work) =>
      retry((attempt) => {
        attempt.mayBeStored = true
        return work()
      }, policy),
    transaction: (work) => retried((session, attempt) => attemptTransaction(session, work, attempt)),
    retries: () => policy.counter.counts(),
    own: () => [...own],
    async renew() {
      const idle = await Promise.all(Array.from({ length: pool.idleCount }, () => said(pool.connect())))
      for (const client of idle) client.release(true)
    },
    listen: (channel, onPayload) => said(openListener({ options, url, channel, schemas }, onPayload, said)),
    close() {
      policy.waits.close()
      return pool.end()
    },
  }
}

/** Where a listener listens. */
interface ListenerPlace extends Pick<PostgresUrl, 'schemas'> {
  readonly options: ClientConfig
  readonly url: string
  readonly channel: string
}

async function openListener(
  { options, url, channel, schemas }: ListenerPlace,
  onPayload: (payload: string) => void,
  said: <T>(work: Promise<T>) => Promise<T>,
): Promise<PostgresListener> {
  // A server that is gone without a word is noticed by the kernel.
  const client = new Client({ ...options, keepAlive: true, keepAliveInitialDelayMillis: keepAliveMs })
  const { promise: lost, reject } = Promise.withResolvers<never>()
  void ignoreFailure(lost)
  client.on('error', reject)
  client.on('end', () => reject(new Error('connection ended')))
  client.on('notification', ({ payload }) => onPayload(payload ?? ''))
  try {
    await client.connect()
    closeWhenServerHangsUp(socketOf(client))
    await prepareSession(client, url, { schemas })
    await client.query(`listen ${client.escapeIdentifier(channel)}`)
  } catch (error) {
    await ignoreFailure(client.end())
    throw error
  }
  return { lost: said(lost), close: () => client.end() }
}

function plain(sql: string): Statement {
  return { sql, parameters: [] }
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
