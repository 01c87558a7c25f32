import { auditBookings } from '../../audit/audit-bookings.ts'
import type { Workload } from '../../ports/workload.ts'
import type { CacheOptions } from '../../adapters/cache/cache.ts'
import { createScenarios, type VaccinationScenarioOptions } from './scenarios.ts'
import { insertMissingSlots, type SlotOptions } from './slots.ts'
import { bookingTables, reservations, schedules } from './tables.ts'
import { migrations } from './migrations.ts'
import { withdrawBookings } from './booking-service.ts'

export type VaccinationOptions = SlotOptions & VaccinationScenarioOptions & CacheOptions

/** People book vaccination slots: a calendar that everybody reads, places that few get. */
export const vaccination: Workload<VaccinationOptions> = {
  name: 'vaccination',
  summary: 'slots of a vaccination centre, browsed by everybody and booked by one user in three',
  needs: ['cache'],
  tables: [schedules, reservations],
  migrations,
  runsOn: {
    servers: 'MySQL/MariaDB, PostgreSQL, MongoDB or Redis (--db), Redis (--cache)',
    embedded: 'SQLite, a cache in memory',
  },
  original:
    'the original, the API that this workload is modelled on, as its authors measured it with 3,000 of these users on 8 cores: 753 requests/s and 30% failures without a cache, 1,011 and 2% with it (p50 100 ms, p95 1,200 ms, p99 1,800 ms). Hold only as many users against it: they think, and ask no more than some 1,120 times a second, whatever serves them.',
  cacheTrial: {
    originals: {
      without: { rps: 753, failures: 0.3, p50: null, p95: null, p99: null },
      with: { rps: 1011, failures: 0.02, p50: 100, p95: 1200, p99: 1800 },
    },
    withdraw: withdrawBookings,
  },
  seedsInBlocks: true,
  seededTable: schedules,
  seeds: 'slots',
  seed: insertMissingSlots,
  // Loaded only where it is served: the web framework would slow down the start of every other command.
  serve: async (services, options) => (await import('./api.ts')).serveVaccination(services, options),
  scenarios: createScenarios,
  audit: ({ database, ledger }, watch) => auditBookings(database, bookingTables, ledger, watch),
}
