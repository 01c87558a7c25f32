import type { ClientConnection, DatabaseClient } from '../../ports/database-client.ts'

/** A server decides how many connections it takes, and the load how many are worth having. */
const many = Number.MAX_SAFE_INTEGER

/** A client of a server, which closes at its end what is still open. */
export function createClientOf(
  given: Pick<DatabaseClient, 'url' | 'engine' | 'transactions' | 'open'>,
): DatabaseClient {
  const opened = new Set<ClientConnection>()
  return {
    ...given,
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
