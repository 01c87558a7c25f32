import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createPool,
  type Pool,
  type PoolConnection,
  type PoolOptions,
  type ResultSetHeader,
  type RowDataPacket,
} from 'mysql2/promise'
import { failure, reasonOf } from '../../errors.ts'
import type { SqlTransaction } from '../sql/apply.ts'
import type { Statement } from '../sql/statements.ts'
import { redactUrl } from '../url.ts'
import { isDeadlock, translateMysqlError } from './errors.ts'

/** What became of rows that were sent. */
export interface Stored {
  readonly rows: number
  readonly warnings: number
}

/** One connection of the pool, its errors translated. */
export interface MysqlSession extends SqlTransaction {
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
  withSession<T>(work: (session: MysqlSession) => Promise<T>): Promise<T>
  /** One statement that commits on its own, tried again after a deadlock. */
  execute(statement: Statement): Promise<number>
  /** In START TRANSACTION ... COMMIT; rolled back and rethrown when `work` throws, tried again after a deadlock. */
  transaction<T>(work: (session: MysqlSession) => Promise<T>, isolation?: 'read committed'): Promise<T>
  /** A connection for as long as the caller likes. */
  borrow(): Promise<{ readonly session: MysqlSession; readonly release: () => void }>
  close(): Promise<void>
}

const connectTimeoutMs = 5000
/** The pause before each grows by a millisecond. */
const maxTries = 10
const maxPreparedParameters = 16

/**
 * What does not fit is an error instead of being cut to fit; a backslash escapes, as mysql2 takes for granted
 * when it writes values into a statement.
 */
const sqlMode = "set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'"

/** Opens a pool and makes sure that the server answers. */
export async function connectMysql(url: string, poolSize: number): Promise<MysqlConnections> {
  const shown = redactUrl(url)
  const pool = createPool(poolOptions(url, shown, poolSize))
  // Queued before whatever else the new connection is asked.
  pool.pool.on('connection', (connection) => {
    dropWhenServerHangsUp(connection)
    connection.query(sqlMode, (error) => {
      if (error) connection.destroy()
    })
  })
  const connections = createConnections(pool, shown)
  try {
    await connections.withSession(async ({ raw }) => raw.ping())
    return connections
  } catch (error) {
    await pool.end()
    throw error
  }
}

/**
 * A server that ends its side while a file is on its way to it no longer reads: the write would wait for ever, and
 * with it Node's own closing of the socket and the statement.
 */
function dropWhenServerHangsUp(connection: object): void {
  const { stream } = connection as { readonly stream: Socket }
  stream.once('end', () => stream.destroy())
}

function poolOptions(url: string, shown: string, poolSize: number): PoolOptions {
  if (!URL.canParse(url)) throw failure('database-unreachable', { url: shown, reason: 'it is not a URL' })
  const parsed = new URL(url)
  const decoded = (text: string): string => decodePart(text, shown)
  const database = decoded(parsed.pathname.slice(1))
  if (database === '') throw failure('database-missing', { url: shown, reason: 'the URL names no database' })
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || 3306),
    user: decoded(parsed.username),
    password: decoded(parsed.password),
    database,
    connectionLimit: poolSize,
    connectTimeout: connectTimeoutMs,
    // Every prepared statement of ours comes from a small set of shapes.
    maxPreparedStatements: 500,
    supportBigNumbers: true,
    charset: 'utf8mb4',
  }
}

function decodePart(text: string, shown: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    throw failure('database-unreachable', { url: shown, reason: 'a % in the URL has to be written as %25' }, error)
  }
}

type Work<T> = (session: MysqlSession) => Promise<T>

function createConnections(pool: Pool, url: string): MysqlConnections {
  async function translated<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw isDeadlock(error) ? error : translateMysqlError(error, url)
    }
  }

  async function borrow() {
    const raw = await translated(pool.getConnection())
    return { session: createSession(raw, translated), release: () => raw.release() }
  }

  async function withSession<T>(work: (session: MysqlSession) => Promise<T>): Promise<T> {
    const { session, release } = await borrow()
    try {
      return await work(session)
    } finally {
      release()
    }
  }

  /** Even one UPDATE may deadlock with another, where both move rows about in an index. */
  async function retried<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await work()
      } catch (error) {
        if (!isDeadlock(error)) throw error
        if (tries === maxTries) throw failure('database-busy', { url, reason: reasonOf(error) }, error)
        await sleep(tries)
      }
    }
  }

  async function attempt<T>(session: MysqlSession, work: Work<T>, isolation?: 'read committed'): Promise<T> {
    // Holds for the next transaction alone.
    if (isolation) await translated(session.raw.query(`set transaction isolation level ${isolation}`))
    await translated(session.raw.beginTransaction())
    try {
      const result = await work(session)
      await translated(session.raw.commit())
      return result
    } catch (error) {
      // A connection that is gone has nothing to roll back.
      await session.raw.rollback().catch(() => {})
      throw error
    }
  }

  return {
    url,
    borrow,
    withSession,
    execute: (statement) => withSession((session) => retried(() => session.execute(statement))),
    transaction: (work, isolation) => withSession((session) => retried(() => attempt(session, work, isolation))),
    close: () => pool.end(),
  }
}

function createSession(raw: PoolConnection, translated: <T>(work: Promise<T>) => Promise<T>): MysqlSession {
  return {
    raw,
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
      const [header] = await translated(raw.execute<ResultSetHeader>(sql, [...parameters]))
      return header.affectedRows
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

function storedOf({ affectedRows, warningStatus }: ResultSetHeader): Stored {
  return { rows: affectedRows, warnings: warningStatus }
}
