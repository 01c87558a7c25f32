import type { BookingMessage } from '../../../src/lib/workloads/stations/api-schemas.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collectViolations } from '../../../src/lib/audit/audit-result.ts'
import type { Broker, Message } from '../../../src/lib/ports/broker.ts'
import { openBroker } from '../../../src/lib/adapters/brokers/registry.ts'
import { openCache } from '../../../src/lib/adapters/cache/cache.ts'
import { migrateUp } from '../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../src/lib/adapters/databases/registry.ts'
import type { LedgerEntry } from '../../../src/lib/ports/scenario.ts'
import { serveStations } from '../../../src/lib/workloads/stations/api.ts'
import { auditStations } from '../../../src/lib/workloads/stations/audit.ts'
import { stations } from '../../../src/lib/workloads/stations/index.ts'
import { topic } from '../../../src/lib/workloads/stations/messages.ts'
import type { Location } from '../../../src/lib/workloads/stations/locations.ts'
import type { RunningServer } from '../../../src/lib/ports/workload.ts'
import { countsOf, entriesOf, noPubSub, unwatched } from '../ledgers.ts'
import type { WireOptions } from '../../../src/lib/workloads/shared/scenarios.ts'
import { openDatabaseClient } from '../database/no-client.ts'

/** A database with the tables of the workload, and a broker in a file; both are this test's own. */
export interface Place extends AsyncDisposable {
  readonly folder: string
  readonly database: Database
  readonly brokerUrl: string
  readonly broker: Broker
  /** A file with these stations. */
  writeLocations(locations: readonly Location[]): Promise<string>
}

/** Starts it on the database at `databaseUrl`, or an SQLite file; `brokerUrl` replaces the embedded broker. */
export async function createPlace(databaseUrl?: string, brokerUrl?: string): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-stations-'))
  const database = await connectDatabase(databaseUrl ?? `sqlite:${join(folder, 'test.db')}`, { poolSize: 8 })
  await migrateUp(database, stations.name, stations.tables)
  const url = brokerUrl ?? `sqlite:${join(folder, 'broker.db')}`
  const broker = await openBroker(url)
  return {
    folder,
    database,
    brokerUrl: url,
    broker,
    async writeLocations(locations) {
      const file = join(folder, 'locations.json')
      await writeFile(file, JSON.stringify(locations))
      return file
    },
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Options of an API. */
export interface ApiChoice {
  readonly locations?: string
  readonly database?: Database
  readonly openBroker?: () => Promise<Broker>
  readonly onError?: (error: Error) => void
  readonly cacheTtl?: number
  readonly wire?: WireOptions['wire']
}

/** Starts an API in this process, on the place's database and broker unless `choice` says otherwise; nothing is cached. */
export async function serve(place: Place, choice: ApiChoice = {}): Promise<RunningServer> {
  return serveStations(
    {
      database: choice.database ?? place.database,
      openCache: () => openCache(choice.cacheTtl === undefined ? 'none' : 'memory'),
      openBroker: choice.openBroker ?? (async () => place.broker),
      openPubSub: noPubSub,
      host: '127.0.0.1',
      port: 0,
      onError: choice.onError ?? (() => {}),
    },
    { locations: choice.locations, cacheTtl: choice.cacheTtl ?? 1, wire: choice.wire ?? 'own' },
  )
}

/** A booking that is right. */
export function wishOf(mysejahteraId: string, rest: Partial<BookingMessage> = {}): BookingMessage {
  return {
    mysejahteraId,
    firstName: 'Nur',
    lastName: 'Aisyah',
    address: '1 Jalan Tun Ismail',
    location: 'PWTC',
    phoneNumber: '+60123456789',
    date: '20210516',
    ...rest,
  }
}

/** Sends a booking; a text as it is. */
export function post(origin: string, body: unknown): Promise<Response> {
  return fetch(`${origin}/booking`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

/** All bookings that the topic holds, in its order. */
export async function published({ broker }: Pick<Place, 'broker'>): Promise<BookingMessage[]> {
  const messages: Message[] = []
  for await (const message of broker.read(topic)) messages.push(message)
  return messages.map(({ value }) => JSON.parse(value.toString()) as BookingMessage)
}

/** The ledger of somebody who was told that these were booked. */
export function acknowledged(wishes: readonly BookingMessage[]): LedgerEntry[] {
  return wishes.map(({ mysejahteraId, location, date }) => ({
    key: mysejahteraId,
    resource: `${location}/${date}`,
    outcome: 'booked',
    id: mysejahteraId,
  }))
}

/** Returns what the audit finds; `standstillMs` overrides how long it waits for messages to settle. */
export async function audit({ database, broker }: Place, ledger: readonly LedgerEntry[] = [], standstillMs?: number) {
  const input = { database, ledger: entriesOf(ledger), openBroker: async () => broker, openDatabaseClient }
  return collectViolations(auditStations(input, unwatched, standstillMs), countsOf(ledger), 20)
}
