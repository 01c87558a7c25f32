import type { MigrationStep } from '../../ports/migration.ts'
import { defineTable, integer, text, uuidColumn } from '../shared/tables.ts'

/** The steps to the tables of today. A released one is never edited, nor made from those of today: its checksum is recorded. */
export const migrations: readonly MigrationStep[] = [
  {
    number: 1,
    name: 'the tables of 0.1.0',
    changes: [
      {
        create: defineTable({
          name: 'schedules',
          columns: {
            id: integer,
            max_available: integer,
            stock: integer,
            year: integer,
            month: integer,
            day: integer,
            hour: integer,
            min: integer,
          },
          primaryKey: 'id',
          unique: [['year', 'month', 'day', 'hour', 'min']],
          updatedOften: true,
        }),
      },
      {
        create: defineTable({
          name: 'reservations',
          columns: { id: uuidColumn, ticket_id: text(64), schedule_id: integer },
          primaryKey: 'id',
          indexes: [['schedule_id']],
          references: [{ column: 'schedule_id', table: 'schedules', key: 'id' }],
        }),
      },
    ],
  },
]
