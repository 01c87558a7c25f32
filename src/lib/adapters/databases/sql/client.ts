import type { ClientConnection, DatabaseClient } from '../../../ports/database-client.ts'

/** Connections that a server takes from one process; how many are worth having the load decides. */
const many = Number.MAX_SAFE_INTEGER

/** A client of a SQL server, which closes at its end what is still open. */
export function createSqlClient(
  given: Pick<DatabaseClient, 'url' | 'engine' | 'placeholder' | 'open'>,
): DatabaseClient {
  const opened = new Set<ClientConnection>()
  return {
    ...given,
    transactions: true,
    mostConnections: many,
    async open() {
      for (const connection of opened) if (!connection.isUsable) opened.delete(connection)
      const connection = await given.open()
      opened.add(connection)
      return connection
    },
    async [Symbol.asyncDispose]() {
      for (const connection of opened) connection.close()
      opened.clear()
    },
  }
}
