import { Client } from 'pg'
import { StatementError } from '../../../base/errors/statement-error.ts'
import type { ClientOptions, DatabaseClient } from '../../../ports/database-client.ts'
import { createClientOf } from '../open-connections.ts'
import { createWireSocket } from '../wire.ts'
import { PostgresClientConnection } from './client-connection.ts'
import { toConnectError } from './client-errors.ts'
import { createStatementNames, type StatementNames } from './named-statement.ts'
import { findServer, socketOf, type FoundServer } from './servers.ts'
import { prepareSession } from './session.ts'
import { readPostgresUrl, type PostgresUrl } from './url.ts'

/** Where connections lead, and the names that their statements get. */
interface Way {
  readonly found: FoundServer
  readonly names: StatementNames | null
}

/** Opens the way of a measured load to PostgreSQL; the server is looked for with the first connection. */
export async function openPostgresClient(url: string, options: ClientOptions): Promise<DatabaseClient> {
  const server = readPostgresUrl(url)
  let way: Promise<Way> | null = null

  async function open(): Promise<PostgresClientConnection> {
    // Among several servers it may be another one by now.
    if (server.servers.length > 1) way = null
    const found = (way ??= findWay(server, options))
    found.catch(() => (way = null))
    try {
      return await connect(server, await found, options)
    } catch (error) {
      throw toConnectError(error)
    }
  }
  return createClientOf({ url: server.shown, engine: 'postgres', transactions: true, open })
}

async function findWay(server: PostgresUrl, { protocol }: ClientOptions): Promise<Way> {
  const found = await findServer(server, server.client)
  return { found, names: protocol === 'prepared' ? createStatementNames(server, found.connection) : null }
}

async function connect(
  server: PostgresUrl,
  { found, names }: Way,
  { readOnly }: ClientOptions,
): Promise<PostgresClientConnection> {
  const client = new Client({ ...server.client, ...found.candidate, stream: createWireSocket })
  // Told by the socket, too.
  client.on('error', () => {})
  try {
    await client.connect()
    const isPooled = found.connection.pooled === true
    await prepareSession(client, server.shown, { isPooled, schemas: server.schemas })
    if (readOnly) await forbidWrites(client, isPooled)
    return new PostgresClientConnection(socketOf(client), names)
  } catch (error) {
    socketOf(client).destroy()
    throw error
  }
}

async function forbidWrites(client: Client, isPooled: boolean): Promise<void> {
  if (isPooled) throw readOnlyRefused('a pooler gives each transaction another session')
  await client.query('set session characteristics as transaction read only')
  const { rows } = await client.query<Record<string, string>>('show transaction_read_only')
  if (rows[0]?.['transaction_read_only'] !== 'on') throw readOnlyRefused('the server goes on taking writes')
}

function readOnlyRefused(reason: string): StatementError {
  return new StatementError('refused', 'read-only-unsupported', `no session that can change nothing: ${reason}`)
}
