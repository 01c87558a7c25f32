import type { MigrationStep } from '../../ports/migration.ts'
import { defineTable, integer, sha256Column, text } from '../shared/tables.ts'

/** The steps to the tables of today. A released one is never edited, nor made from those of today: its checksum is recorded. */
export const migrations: readonly MigrationStep[] = [
  {
    number: 1,
    name: 'the tables of 0.1.0',
    changes: [
      {
        create: defineTable({
          name: 'ticket_orders',
          columns: {
            id: text(32),
            receipt: sha256Column,
            vat_cents: integer,
            total_cents: integer,
            line_count: integer,
            received_at: integer,
          },
          primaryKey: 'id',
        }),
      },
      {
        create: defineTable({
          name: 'ticket_lines',
          columns: {
            id: text(37),
            order_id: text(32),
            position: integer,
            product: text(200),
            product_id: text(64),
            price_cents: integer,
          },
          primaryKey: 'id',
          references: [{ column: 'order_id', table: 'ticket_orders', key: 'id' }],
        }),
      },
      {
        create: defineTable({ name: 'ticket_products', columns: { id: text(64), name: text(200) }, primaryKey: 'id' }),
      },
      {
        create: defineTable({
          name: 'ticket_rejected',
          columns: { id: sha256Column, reason: text(40), line: integer, received_at: integer, bytes: text(87384) },
          primaryKey: 'id',
        }),
      },
    ],
  },
  {
    number: 2,
    name: 'keep the price of products',
    // No price is below 0.
    changes: [{ addColumn: 'price_cents', to: 'ticket_products', column: integer, value: -1 }],
  },
]
