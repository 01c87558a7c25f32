import type { Workload } from '../../ports/workload.ts'
import type { CacheOptions } from '../../adapters/cache/cache.ts'
import type { BookingScenarioOptions, WireOptions } from '../shared/scenarios.ts'
import { auditStations } from './audit.ts'
import { createScenarios } from './scenarios.ts'
import { insertMissingDays, type LocationOptions } from './seeding.ts'
import { migrations } from './migrations.ts'
import { bookings, days, leases, outbox } from './tables.ts'

export type StationsOptions = LocationOptions & CacheOptions & WireOptions & BookingScenarioOptions

/** People book a day at a vaccine station: one place a person, and every booking is published. */
export const stations: Workload<StationsOptions> = {
  name: 'stations',
  summary: 'days at vaccine stations, one place a person, each booking published to a topic',
  needs: ['cache', 'broker'],
  tables: [days, bookings, outbox, leases],
  migrations,
  runsOn: {
    servers: 'Redis, MySQL/MariaDB, PostgreSQL or MongoDB (--db), Kafka or NATS (--broker), Redis (--cache)',
    embedded: 'SQLite, a broker in a file, a cache in memory',
  },
  original:
    'the original, the API that this workload is modelled on, as its authors measured it on 8 cores with Redis and Kafka: 1,236 requests/s of GET /stations/PWTC (50 connections, p99 47 ms), 8,609 of POST /booking (100 connections, p95 15 ms; 83% were refused because the day was full). Hold only the same request on as many connections against it (--request, --connections).',
  seededTable: days,
  seeds: 'days',
  seed: insertMissingDays,
  // Loaded only where it is served: the web framework would slow down the start of every other command.
  serve: async (services, options) => (await import('./api.ts')).serveStations(services, options),
  scenarios: createScenarios,
  audit: auditStations,
}
