import { describe, expect, it } from 'vitest'
import type { Table } from '../../../../../src/lib/ports/database.ts'
import { mysqlDialect, sqliteDialect } from '../../../../../src/lib/adapters/databases/sql/dialect.ts'
import { createStatements } from '../../../../../src/lib/adapters/databases/sql/statements.ts'

interface Note {
  readonly id: number
  readonly text: string
}

const notes: Table<Note> = {
  name: 'notes',
  columns: { id: { type: 'integer' }, text: { type: 'text', maxLength: 10 } },
  primaryKey: 'id',
  unique: [],
  indexes: [],
  references: [],
}

const sqlite = createStatements(sqliteDialect)
const mysql = createStatements(mysqlDialect)

describe('createStatements', () => {
  it('binds every value, and compiles a shape once', () => {
    const first = sqlite.update(notes, { id: 1, text: { gt: 'a', lte: 'b' } }, { text: `x' or 1 = 1` })
    expect(first).toEqual({
      sql: 'update "notes" set "text" = ? where "id" = ? and "text" > ? and "text" <= ?',
      parameters: [`x' or 1 = 1`, 1, 'a', 'b'],
    })
    const second = sqlite.update(notes, { id: 2, text: { gt: 'c', lte: 'd' } }, { text: 'y' })
    expect(second).toEqual({ sql: first.sql, parameters: ['y', 2, 'c', 'd'] })
  })

  it('makes the statement for one row as for a row among many', () => {
    for (const statements of [sqlite, mysql]) {
      const row = { text: 'b', id: 3 }
      expect(statements.insertOne(notes)(row)).toEqual(statements.insert(notes, [row]))
      expect(() => statements.insertOne(notes)({ id: 3 })).toThrow('a row without text')
    }
  })

  it('tells shapes apart', () => {
    expect(sqlite.update(notes, { id: 1 }, { id: 5 }).sql).toBe('update "notes" set "id" = ? where "id" = ?')
    expect(sqlite.update(notes, { id: 1 }, { id: { add: 5 } }).sql).toBe(
      'update "notes" set "id" = "id" + ? where "id" = ?',
    )
    expect(sqlite.find(notes, {}, { limit: 3 }).sql).toBe('select "id", "text" from "notes" limit 3')
    expect(sqlite.find(notes, {}, { orderBy: ['text', 'id'] }).sql).toMatch(/order by "text", "id"$/)
    expect(mysql.find(notes, { id: 1 }, { lock: true }).sql).toMatch(/for update$/)
    expect(mysql.find(notes, { id: 1 }, {}).sql).not.toContain('for update')
  })

  it('takes lists as the engine likes them', () => {
    expect(sqlite.remove(notes, { id: { in: [3, 4] } })).toEqual({
      sql: 'delete from "notes" where "id" in (select value from json_each(?))',
      parameters: ['[3,4]'],
    })
    expect(mysql.remove(notes, { id: { in: [3, 4] } })).toEqual({
      sql: 'delete from `notes` where `id` in (?, ?)',
      parameters: [3, 4],
    })
    expect(mysql.remove(notes, { id: { in: [] } }).sql).toBe('delete from `notes` where 1 = 0')
  })

  it('puts the values of a row in the order of the columns, and wants them all', () => {
    const rows = [{ text: 'a', id: 1 } as Note, { id: 2, text: 'b' }]
    expect(sqlite.insert(notes, rows)).toEqual({
      sql: 'insert into "notes" ("id", "text") values (?, ?), (?, ?)',
      parameters: [1, 'a', 2, 'b'],
    })
    expect(() => sqlite.insert(notes, [{ id: 1 }])).toThrow(/without text/)
  })

  it('keeps an INSERT within what the engine can bind', () => {
    const wide = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`c${i}`, { type: 'integer' } as const]))
    expect(sqlite.maxRowsPerInsert({ ...notes, columns: wide })).toBe(327)
    expect(sqlite.maxRowsPerInsert(notes)).toBe(1000)
  })
})
