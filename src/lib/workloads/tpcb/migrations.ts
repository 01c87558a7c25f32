import type { MigrationStep } from '../../ports/migration.ts'
import { char, defineTable, int4, nullable, time } from '../shared/tables.ts'

/** The steps to the tables of today. A released one is never edited, nor made from those of today: its checksum is recorded. */
export const migrations: readonly MigrationStep[] = [
  {
    number: 1,
    name: "pgbench's tables",
    changes: [
      {
        create: defineTable({
          name: 'pgbench_branches',
          columns: { bid: int4, bbalance: nullable(int4), filler: nullable(char(88)) },
          primaryKey: 'bid',
        }),
      },
      {
        create: defineTable({
          name: 'pgbench_tellers',
          columns: { tid: int4, bid: nullable(int4), tbalance: nullable(int4), filler: nullable(char(84)) },
          primaryKey: 'tid',
        }),
      },
      {
        create: defineTable({
          name: 'pgbench_accounts',
          columns: { aid: int4, bid: nullable(int4), abalance: nullable(int4), filler: nullable(char(84)) },
          primaryKey: 'aid',
        }),
      },
      {
        create: defineTable({
          name: 'pgbench_history',
          columns: {
            tid: nullable(int4),
            bid: nullable(int4),
            aid: nullable(int4),
            delta: nullable(int4),
            mtime: nullable(time),
            filler: nullable(char(22)),
          },
          primaryKey: 'tid',
          keyColumns: [],
        }),
      },
    ],
  },
]
