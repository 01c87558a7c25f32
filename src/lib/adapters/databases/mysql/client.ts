import type { Socket } from 'node:net'
import { createConnection, type Connection, type ConnectionOptions, type RowDataPacket } from 'mysql2/promise'
import { StatementError } from '../../../base/errors/statement-error.ts'
import type { ClientOptions, DatabaseClient } from '../../../ports/database-client.ts'
import { createClientOf } from '../open-connections.ts'
import { createWireSocket } from '../wire.ts'
import { MysqlClientConnection } from './client-connection.ts'
import { isWithoutTls, toConnectError } from './client-errors.ts'
import { queryAttributes } from './prepared-statement.ts'
import { prepareSession, readVariables } from './session.ts'
import { readMysqlUrl, type MysqlUrl } from './url.ts'

/** Opens the way of a measured load to MySQL or MariaDB. */
export async function openMysqlClient(url: string, options: ClientOptions): Promise<DatabaseClient> {
  const server = readMysqlUrl(url)
  /** The first of the candidates that may do: a server that does not encrypt is not asked for it again. */
  let first = 0

  async function open(): Promise<MysqlClientConnection> {
    try {
      return await connect(server, first, options)
    } catch (error) {
      if (!isWithoutTls(error) || first + 1 >= server.candidates.length) throw toConnectError(error)
    }
    try {
      const connection = await connect(server, first + 1, options)
      first++
      return connection
    } catch (error) {
      throw toConnectError(error)
    }
  }
  return createClientOf({ url: server.shown, engine: 'mysql', transactions: true, open })
}

async function connect(server: MysqlUrl, candidate: number, options: ClientOptions): Promise<MysqlClientConnection> {
  const way = server.candidates[candidate] as ConnectionOptions
  const driver = await createConnection({ ...way, stream: () => reach(way) })
  const raw = (driver as unknown as { readonly connection: RawConnection }).connection
  // Told by the socket, too.
  driver.on('error', () => {})
  try {
    await prepareSession(driver, server.shown)
    if (options.readOnly) await forbidWrites(driver)
    return new MysqlClientConnection(raw.stream, {
      protocol: options.protocol,
      isMariadb: raw._isMariaDB,
      countsParameters: (raw.config.clientFlags & raw.serverCapabilityFlags & queryAttributes) !== 0,
    })
  } catch (error) {
    driver.destroy()
    throw error
  }
}

/** The part of mysql2's connection that its types leave out. */
interface RawConnection {
  readonly stream: Socket
  readonly config: { readonly clientFlags: number }
  readonly serverCapabilityFlags: number
  readonly _isMariaDB: boolean
}

function reach({ socketPath, host = '', port = 0, stream }: ConnectionOptions): Socket {
  const socket = createWireSocket()
  if (socketPath !== undefined) return socket.connect({ path: socketPath })
  socket.setNoDelay(true).setKeepAlive(true).connect({ host, port })
  // The URL's own way makes certificates be checked against an address.
  return stream === undefined ? socket : Object.assign(socket, { _host: host })
}

async function forbidWrites(driver: Connection): Promise<void> {
  await driver.query('set session transaction read only')
  const ask = async (sql: string) => (await driver.query<RowDataPacket[]>(sql))[0]
  const found = await readVariables(ask, 'session variables', ['transaction_read_only', 'tx_read_only'])
  const isForbidden = found.size > 0 && [...found.values()].every((value) => value === 'ON')
  if (!isForbidden) {
    throw new StatementError('refused', 'read-only-unsupported', 'the server gives no session that can change nothing')
  }
}
