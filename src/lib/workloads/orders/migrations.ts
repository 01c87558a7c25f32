import type { MigrationStep } from '../../ports/migration.ts'
import { defineTable, integer, json, sha256Column, text } from '../shared/tables.ts'

/** The steps to the tables of today. A released one is never edited, nor made from those of today: its checksum is recorded. */
export const migrations: readonly MigrationStep[] = [
  {
    number: 1,
    name: 'the tables of 0.1.0',
    changes: [
      {
        create: defineTable({
          name: 'orders',
          columns: { order_uid: text(64), body: json },
          primaryKey: 'order_uid',
          watched: true,
        }),
      },
      {
        create: defineTable({
          name: 'order_dead_letters',
          columns: { id: sha256Column, reason: text(500), bytes: text(1398104), stored_at: integer },
          primaryKey: 'id',
        }),
      },
    ],
  },
  {
    number: 2,
    name: 'tell replicas of orders that are removed',
    changes: [{ remakeTriggers: 'orders' }],
  },
]
