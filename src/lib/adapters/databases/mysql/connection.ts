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
import { RushbenchError } from '../../../base/errors/errors.ts'
import type { Value } from '../../../ports/database.ts'
import type { ConnectionFacts, OnWait } from '../../../ports/database-facts.ts'
import { openOn } from '../errors.ts'
import { createRetryCounter, createTranslator, type RetryPolicy } from '../retry.ts'
import type { StoredRows } from '../sql/bulk.ts'
import {
  closeWhenServerHangsUp,
  createSqlPool,
  type ConnectedSqlPool,
  type SqlDriver,
  type SqlServerSession,
} from '../sql/pool.ts'
import { factsOf } from '../tls.ts'
import { createWaitWatch } from '../waits.ts'
import { findMysqlTransientError, translateMysqlError } from './errors.ts'
import { findMysqlHolder } from './lock-holder.ts'
import { prepareStatement, type PreparedStatement } from './prepared-statement.ts'
import { prepareSession } from './session.ts'
import { readMysqlUrl, type MysqlUrl } from './url.ts'

/** One connection of the pool, its errors translated. */
export interface MysqlSession extends SqlServerSession {
  insertText(sql: string): Promise<StoredRows>
  /** LOAD DATA LOCAL, with `chunks` as the file. */
  loadData(sql: string, chunks: Iterable<Buffer>): Promise<StoredRows>
  /** The driver itself, for statements that this seam does not carry. */
  readonly raw: PoolConnection
}

/** A pool of connections to one database. */
export interface MysqlConnections extends ConnectedSqlPool<MysqlSession> {
  readonly database: string
  /** How the server is reached, for connections of another kind. */
  readonly options: PoolOptions
}

const maxPreparedParameters = 16

/** Opens a pool and makes sure that the server answers. */
export async function connectMysql(url: string, poolSize: number, onWait?: OnWait): Promise<MysqlConnections> {
  const server = readMysqlUrl(url)
  const [first = {}, second] = server.candidates
  try {
    return await connectBy(first, server, { poolSize, onWait })
  } catch (error) {
    if (!second || !(error instanceof RushbenchError) || error.code !== 'encryption-refused') throw error
    return connectBy(second, server, { poolSize, onWait })
  }
}

async function connectBy(
  options: PoolOptions,
  server: MysqlUrl,
  { poolSize, onWait }: { readonly poolSize: number; readonly onWait: OnWait | undefined },
): Promise<MysqlConnections> {
  const driverPool = createPool({ ...options, ...poolOptions(poolSize) })
  driverPool.pool.on('connection', (connection) => {
    closeWhenServerHangsUp((connection as unknown as { stream: Socket }).stream)
  })
  const own = new Set<number>()
  const policy = {
    url: server.shown,
    findTransientError: findMysqlTransientError,
    counter: createRetryCounter(),
    waits: createWaitWatch(onWait, () => findMysqlHolder(options, own)),
  }
  const pool = createSqlPool(createDriver(driverPool, policy), policy, own)
  return openOn(pool, async () => {
    const connection = await pool.withSession(({ raw }) => describeConnection(raw, server))
    return { ...pool, connection, database: server.database, options }
  })
}

function createDriver(pool: Pool, policy: RetryPolicy): SqlDriver<MysqlSession> {
  const { url } = policy
  const translate: SqlDriver<MysqlSession>['translate'] = (error, waiting) => translateMysqlError(error, url, waiting)
  const translated = createTranslator(translate, policy)
  return {
    translate,
    async lend() {
      const raw = await pool.getConnection()
      return {
        identity: raw.connection,
        session: createSession(raw, translated),
        release: () => raw.release(),
        discard: () => raw.destroy(),
        async prepare() {
          await prepareSession(raw, url)
          return raw.threadId || null
        },
      }
    },
    end: () => pool.end(),
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
    dateStrings: ['DATETIME'],
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

function storedOf({ affectedRows, warningStatus }: ResultSetHeader): StoredRows {
  return { rows: affectedRows, warnings: warningStatus }
}
