import type { AnyTable, Database } from './port.ts'
import type { ServerFacts } from './server-facts.ts'

/** What the server says of itself and of these tables; null where it cannot be asked, which is no reason to lose a report. */
export async function readFacts(database: Database, tables: readonly AnyTable[]): Promise<ServerFacts | null> {
  try {
    return await database.facts(tables)
  } catch {
    return null
  }
}
