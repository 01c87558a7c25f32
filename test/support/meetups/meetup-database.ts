import { migrateUp } from '../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../src/lib/adapters/databases/registry.ts'
import { meetupTables } from '../../../src/lib/workloads/meetups/index.ts'
import { testEngines, type TestEngine } from '../database/engines.ts'

/** Databases of the services' own tests: the embedded one, and a server that the workload is meant for. */
export const meetupEngines: readonly TestEngine[] = testEngines.filter(({ name }) =>
  ['sqlite', 'mariadb'].includes(name),
)

/** A database with the tables of all services, this test's own. */
export interface MeetupDatabase extends AsyncDisposable {
  readonly url: string
  readonly database: Database
}

/** Makes a database on the engine, and the tables in it. */
export async function createMeetupDatabase(open: NonNullable<TestEngine['open']>): Promise<MeetupDatabase> {
  const { url, remove } = await open()
  const database = await connectDatabase(url, { poolSize: 8 })
  await migrateUp(database, 'meetups', meetupTables)
  return {
    url,
    database,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]()
      await remove()
    },
  }
}
