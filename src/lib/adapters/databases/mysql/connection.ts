import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { Connection as CallbackConnection } from 'mysql2'
import {
  createPool,
  type Pool,
  type PoolConnection,
  type PoolOptions,
  type ResultSetHeader,
  type RowDataPacket,
} from 'mysql2/promise'
import { ignoreFailure } from '../../../base/abort.ts'
import { RushbenchError } from '../../../base/errors/errors.ts'
import { closeWhenServerHangsUp } from '../hang-up.ts'
import { retry, type Attempt, createRetryCounter } from '../retry.ts'
import type { Value } from '../../../ports/database.ts'
import type { SqlTransaction } from '../sql/apply.ts'
import { retryInSession, type BorrowedSession } from '../sql/retry-in-session.ts'
import type { Statement } from '../sql/statements.ts'
import { factsOf } from '../tls.ts'
import { createWaitWatch, type WaitWatch } from '../waits.ts'
import { translateMysqlError, findMysqlTransientError } from './errors.ts'
import { findMysqlHolder } from './lock-holder.ts'
import { prepareStatement, type PreparedStatement } from './prepared-statement.ts'
import { prepareSession } from './session.ts'
import { readMysqlUrl, type MysqlUrl } from './url.ts'
import type { RetryCounts, OnWait, ConnectionFacts } from '../../../ports/database-facts.ts'

/** What became of rows that were sent. */
export interface Stored {
  readonly rows: number
  readonly warnings: number
}

/** One connection of the pool, its errors translated. */
export interface MysqlSession extends SqlTransaction {
  /** A statement without rows as `executePrepared`, with as little work as can be, for what is timed; rows stored. */
  executeTimed(statement: Statement): Promise<number>
  insertText(sql: string): Promise<Stored>
  /** LOAD DATA LOCAL, with `chunks` as the file. */
  loadData(sql: string, chunks: Iterable<Buffer>): Promise<Stored>
  /** mysql2 itself, for what this seam does not carry. */
  readonly raw: PoolConnection
}

/** A pool of connections to one database. */
export interface MysqlConnections {
  /** Without the password. */
  readonly url: string
  readonly connection: ConnectionFacts
  readonly database: string
  withSession<T>(work: (session: MysqlSession) => Promise<T>): Promise<T>
  /** One statement that changes nothing, tried again after a transient error. */
  query(statement: Statement): Promise<Record<string, Value>[]>
  /** One statement that commits on its own, tried again after a transient error. */
  execute(statement: Statement): Promise<number>
  /** What commits on its own in a session that is the caller's, tried again after a transient error. */
  retry<T>(work: () => Promise<T>): Promise<T>
  /** In START TRANSACTION ... COMMIT; rolled back and rethrown when `work` throws, tried again after a transient error. */
  transaction<T>(work: (session: MysqlSession) => Promise<T>, isolation?: 'read committed'): Promise<T>
  /** A connection for as long as the caller likes. */
  borrow(): Promise<BorrowedSession<MysqlSession>>
  /** What was tried again so far. */
  retries(): RetryCounts
  /** Under which numbers the server knows the sessions that were opened so far. */
  own(): readonly number[]
  close(): Promise<void>
}

const maxPreparedParameters = 16

/** Opens a pool and makes sure that the server answers. */
export async function connectMysql(url: string, poolSize: number, onWait?: OnWait): Promise<MysqlConnections> {
  const server = readMysqlUrl(url)
  const [first, ...others] = server.ways
  try {
    return await connectBy(first ?? {}, server, { poolSize, onWait })
  } catch (error) {
    const [second] = others
    if (!second || !(error instanceof RushbenchError) || error.code !== 'encryption-refused') throw error
    return connectBy(second, server, { poolSize, onWait })
  }
}

async function connectBy(
  way: PoolOptions,
  server: MysqlUrl,
  { poolSize, onWait }: { readonly poolSize: number; readonly onWait: OnWait | undefined },
): Promise<MysqlConnections> {
  const pool = createPool({ ...way, ...poolOptions(poolSize) })
  pool.pool.on('connection', (connection) => {
    closeWhenServerHangsUp((connection as unknown as { stream: Socket }).stream)
  })
  const own = new Set<number>()
  const waits = createWaitWatch(onWait, () => findMysqlHolder(way, own))
  const connections = createConnections(pool, server, { waits, own })
  try {
    const connection = await connections.withSession(({ raw }) => describeConnection(raw, server))
    return { ...connections, connection }
  } catch (error) {
    await connections.close()
    throw error
  }
}

/** The server says what encrypts the connection; the driver does not. */
async function describeConnection(raw: PoolConnection, { verification }: MysqlUrl): Promise<ConnectionFacts> {
  const [rows] = await raw.query<RowDataPacket[]>("show session status like 'Ssl_version'")
  const protocol = String(rows[0]?.['Value'] ?? '')
  const { config, stream } = raw.connection as unknown as { config: PoolOptions; stream: Socket }
  if (!config.ssl) return factsOf(stream, 'none')
  const transport = config.socketPath === undefined ? 'tcp' : 'unix socket'
  return { transport, encrypted: true, ...(protocol !== '' && { protocol }), verified: verification }
}

function poolOptions(poolSize: number): PoolOptions {
  return {
    connectionLimit: poolSize,
    // Every prepared statement of ours comes from a small set of shapes.
    maxPreparedStatements: 500,
    supportBigNumbers: true,
    jsonStrings: true,
  }
}

type Work<T> = (session: MysqlSession) => Promise<T>

/** Who waits, and in which sessions. */
interface Followed {
  readonly waits: WaitWatch
  /** Numbers that the server gave them. */
  readonly own: Set<number>
}

function createConnections(
  pool: Pool,
  { shown: url, database }: MysqlUrl,
  { waits, own }: Followed,
): Omit<MysqlConnections, 'connection'> {
  const counter = createRetryCounter()
  const policy = { url, findTransientError: findMysqlTransientError, counter, waits }

  /** Leaves transient errors as they are, for whoever tries again. */
  async function translated<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw findMysqlTransientError(error) ? error : translateMysqlError(error, url)
    }
  }

  const prepared = new WeakSet<object>()

  async function connect(): Promise<PoolConnection> {
    const raw = await pool.getConnection()
    if (prepared.has(raw.connection)) return raw
    try {
      await prepareSession(raw, url)
      prepared.add(raw.connection)
      if (raw.threadId) own.add(raw.threadId)
      return raw
    } catch (error) {
      raw.destroy()
      throw error
    }
  }

  async function borrow() {
    // A server that has no place left is asked again.
    const raw = await retry(() => translated(connect()), policy)
    return { session: createSession(raw, translated), release: () => raw.release(), discard: () => raw.destroy() }
  }

  const retried = <T>(work: (session: MysqlSession, attempt: Attempt) => Promise<T>): Promise<T> =>
    retryInSession(borrow, work, policy)

  async function attemptTransaction<T>(
    session: MysqlSession,
    work: Work<T>,
    attempt: Attempt,
    isolation?: 'read committed',
  ): Promise<T> {
    // Holds for the next transaction alone.
    if (isolation) await translated(session.raw.query(`set transaction isolation level ${isolation}`))
    await translated(session.raw.beginTransaction())
    try {
      const result = await work(session)
      attempt.mayBeStored = true
      await translated(session.raw.commit())
      return result
    } catch (error) {
      // A connection that is gone has nothing to roll back.
      await ignoreFailure(session.raw.rollback())
      throw error
    }
  }

  return {
    url,
    database,
    borrow,
    async withSession(work) {
      const waiting = waits.begin()
      try {
        const { session, release } = await borrow()
        try {
          return await work(session)
        } finally {
          release()
        }
      } catch (error) {
        throw translateMysqlError(error, url, waiting)
      } finally {
        waits.end(waiting)
      }
    },
    query: (statement) => retried((session) => session.query(statement)),
    // Even one UPDATE may deadlock with another, where both move rows about in an index.
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
    transaction: (work, isolation) =>
      retried((session, attempt) => attemptTransaction(session, work, attempt, isolation)),
    retries: () => counter.counts(),
    own: () => [...own],
    close() {
      waits.close()
      return pool.end()
    },
  }
}

function createSession(raw: PoolConnection, translated: <T>(work: Promise<T>) => Promise<T>): MysqlSession {
  const timed = new Map<string, PreparedStatement>()
  return {
    raw,
    async executeTimed({ sql, parameters }) {
      let execute = timed.get(sql)
      if (!execute) {
        execute = await translated(prepareStatement(raw.connection as unknown as CallbackConnection, sql))
        timed.set(sql, execute)
      }
      return translated(execute(parameters))
    },
    async query({ sql, parameters }) {
      // Long lists come in every length: each would be a prepared statement that is used once.
      const work =
        parameters.length > maxPreparedParameters
          ? raw.query<RowDataPacket[]>(sql, [...parameters])
          : raw.execute<RowDataPacket[]>(sql, [...parameters])
      const [rows] = await translated(work)
      return rows
    },
    async execute({ sql, parameters }) {
      const [header] = await translated(raw.query<ResultSetHeader>(sql, [...parameters]))
      return header.affectedRows
    },
    async executePrepared({ sql, parameters }) {
      return (await translated(executeOn(raw, sql, parameters))).affectedRows
    },
    async insertText(sql) {
      const [header] = await translated(raw.query<ResultSetHeader>(sql))
      return storedOf(header)
    },
    async loadData(sql, chunks) {
      const infileStreamFactory = () => Readable.from(chunks, { objectMode: false })
      const [header] = await translated(raw.query<ResultSetHeader>({ sql, infileStreamFactory }))
      return storedOf(header)
    },
  }
}

/**
 * By the callbacks below mysql2's promises, which take a stack trace before each statement: single inserts are timed, and
 * an error is told by its sentence.
 */
function executeOn(raw: PoolConnection, sql: string, parameters: readonly Value[]): Promise<ResultSetHeader> {
  const { promise, resolve, reject } = Promise.withResolvers<ResultSetHeader>()
  const { connection } = raw as unknown as { readonly connection: CallbackConnection }
  connection.execute<ResultSetHeader>(sql, [...parameters], (error, header) => {
    if (error) reject(error)
    else resolve(header)
  })
  return promise
}

function storedOf({ affectedRows, warningStatus }: ResultSetHeader): Stored {
  return { rows: affectedRows, warnings: warningStatus }
}
