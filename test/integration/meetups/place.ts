import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Broker } from '../../../src/lib/brokers/port.ts'
import { openBroker } from '../../../src/lib/brokers/registry.ts'
import { migrateUp } from '../../../src/lib/databases/migrate.ts'
import type { Database } from '../../../src/lib/databases/port.ts'
import { connectDatabase } from '../../../src/lib/databases/registry.ts'
import type { MeetupEvent } from '../../../src/lib/workloads/meetups/events.ts'
import { meetupTables } from '../../../src/lib/workloads/meetups/tables.ts'
import { testEngines } from '../databases/engines.ts'

/** Those that store a change whole or not at all, which the meetups rest on. */
export const meetupEngines = testEngines.filter(({ name }) => ['sqlite', 'mariadb', 'postgres'].includes(name))

/** A database with the tables of the meetups, a broker in a file, and a folder; all of them are this test's own. */
export interface Place extends AsyncDisposable {
  readonly folder: string
  readonly database: Database
  readonly broker: Broker
}

/** In the database at `databaseUrl`, or an SQLite file; `brokerUrl` instead of the embedded broker. */
export async function createPlace(databaseUrl?: string, brokerUrl?: string): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-meetups-'))
  const database = await connectDatabase(databaseUrl ?? `sqlite:${join(folder, 'test.db')}`, { poolSize: 8 })
  await migrateUp(database, 'meetups', meetupTables)
  const broker = await openBroker(brokerUrl ?? `sqlite:${join(folder, 'broker.db')}`)
  return {
    folder,
    database,
    broker,
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** As the relay publishes it. */
export function messageOf(event: MeetupEvent) {
  return { key: event.aggregate, value: Buffer.from(JSON.stringify(event)) }
}
