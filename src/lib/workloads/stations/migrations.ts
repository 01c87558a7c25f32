import type { MigrationStep } from '../../ports/migration.ts'
import { ascii, defineTable, integer, text, uuidColumn } from '../shared/tables.ts'

/** The steps to the tables of today. A released one is never edited, nor made from those of today: its checksum is recorded. */
export const migrations: readonly MigrationStep[] = [
  {
    number: 1,
    name: 'the tables of 0.1.0',
    changes: [
      {
        create: defineTable({
          name: 'station_days',
          columns: { id: text(73), station: text(64), date: ascii(8), capacity: integer, available: integer },
          primaryKey: 'id',
          indexes: [['station']],
          updatedOften: true,
        }),
      },
      {
        create: defineTable({
          name: 'station_bookings',
          columns: {
            mysejahtera_id: text(64),
            first_name: text(100),
            last_name: text(100),
            address: text(300),
            phone_number: text(32),
            day: text(73),
          },
          primaryKey: 'mysejahtera_id',
        }),
      },
      {
        create: defineTable({
          name: 'station_outbox',
          columns: { id: uuidColumn, person: text(64), message: text(1520) },
          primaryKey: 'id',
        }),
      },
      {
        create: defineTable({
          name: 'station_leases',
          columns: { name: text(20), holder: text(36), until: integer },
          primaryKey: 'name',
          updatedOften: true,
        }),
      },
    ],
  },
]
