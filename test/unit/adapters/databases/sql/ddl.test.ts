import { describe, expect, it } from 'vitest'
import { createTableSql } from '../../../../../src/lib/adapters/databases/sql/ddl.ts'
import { mysqlDialect, postgresDialect, sqliteDialect } from '../../../../../src/lib/adapters/databases/sql/dialect.ts'
import { reservations, schedules } from '../../../../../src/lib/workloads/vaccination/tables.ts'

describe('createTableSql', () => {
  it('marks a table of SQLite in its text, and keeps text keys in the table itself', () => {
    const [create, index] = createTableSql(sqliteDialect, reservations, 'rushbench:test:1')
    expect(create).toContain('create table "reservations" (/* rushbench:test:1 */ "id" text not null')
    expect(create).toContain('foreign key ("schedule_id") references "schedules" ("id")')
    expect(create).toMatch(/without rowid$/)
    expect(index).toBe('create index "reservations_schedule_id_index" on "reservations" ("schedule_id")')
    expect(createTableSql(sqliteDialect, schedules, 'm')[0]).not.toContain('without rowid')
  })

  it('marks a table of MySQL in its comment, and compares text byte by byte', () => {
    const [create] = createTableSql(mysqlDialect, reservations, 'rushbench:test:1')
    expect(create).toContain('`id` char(36) character set ascii collate ascii_bin not null')
    expect(create).toContain('`ticket_id` varchar(64) character set utf8mb4 collate utf8mb4_bin not null')
    expect(create).toMatch(/engine = InnoDB comment = 'rushbench:test:1'$/)
  })

  it('keeps a text of MySQL beside its row where it would not fit into one', () => {
    const withText = (maxLength: number) => ({
      ...reservations,
      columns: { ...reservations.columns, ticket_id: { type: 'text', maxLength } as const },
    })
    expect(createTableSql(mysqlDialect, withText(16_000), 'm')[0]).toContain('`ticket_id` varchar(16000) ')
    expect(createTableSql(mysqlDialect, withText(16_001), 'm')[0]).toContain(
      '`ticket_id` mediumtext character set utf8mb4',
    )
  })

  it('leaves room in PostgreSQL where rows are updated often', () => {
    expect(createTableSql(postgresDialect, schedules, 'm')[0]).toMatch(/\) with \(fillfactor = 50\)$/)
    expect(createTableSql(postgresDialect, reservations, 'm')[0]).not.toContain('fillfactor')
  })

  it('refuses a mark that would end the text it stands in', () => {
    expect(() => createTableSql(sqliteDialect, schedules, '*/ drop')).toThrow(RangeError)
    expect(() => createTableSql(mysqlDialect, schedules, "it's")).toThrow(RangeError)
  })
})
