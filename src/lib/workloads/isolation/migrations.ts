import type { MigrationStep } from '../../ports/migration.ts'
import { defineTable, text } from '../shared/tables.ts'

/** The steps to the tables of today. A released one is never edited, nor made from those of today: its checksum is recorded. */
export const migrations: readonly MigrationStep[] = [
  {
    number: 1,
    name: 'lists and registers',
    changes: [
      {
        create: defineTable({
          name: 'isolation_lists',
          columns: { id: text(64), elements: text(4000) },
          primaryKey: 'id',
          updatedOften: true,
        }),
      },
      {
        create: defineTable({
          name: 'isolation_registers',
          columns: { id: text(64), value: text(40) },
          primaryKey: 'id',
          updatedOften: true,
        }),
      },
    ],
  },
]
