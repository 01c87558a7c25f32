import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { describeProto, meetupsPage, tablesPage } from '../../../dev/schema-docs.ts'
import { describeSchema } from '../../../src/lib/app/describe-schema.ts'
import { defineTable, integer, text } from '../../../src/lib/workloads/shared/tables.ts'

const read = (name: string) => readFile(new URL(`../../../docs/workloads/${name}`, import.meta.url), 'utf8')

describe('the pages of schemas', () => {
  it('are as "npm run docs" writes them', async () => {
    expect(await read('tables.md')).toBe(await tablesPage())
    expect(await read('meetups-interfaces.md')).toBe(await meetupsPage())
  })
})

describe('describeSchema', () => {
  const shelves = defineTable({ name: 'shelves', columns: { id: text(20), places: integer }, primaryKey: 'id' })
  const books = defineTable({
    name: 'books',
    columns: { id: integer, shelf: text(20), title: text(50) },
    primaryKey: 'id',
    unique: [['title']],
    indexes: [['shelf']],
    references: [{ column: 'shelf', table: 'shelves', key: 'id' }],
  })
  const schema = { name: 'library', tables: [shelves, books] }

  it('draws tables, keys and references', () => {
    expect(describeSchema(schema, 'mermaid', 'postgres').split('\n')).toEqual([
      'erDiagram',
      '  shelves {',
      '    text(20) id PK',
      '    integer places',
      '  }',
      '  books {',
      '    integer id PK',
      '    text(20) shelf FK',
      '    text(50) title UK',
      '  }',
      '  shelves ||--o{ books : shelf',
    ])
  })

  it('writes Markdown, and the SQL of an engine', () => {
    expect(describeSchema(schema, 'markdown', 'postgres')).toContain(
      '**books**: unique (title), index (shelf)\n\n| column | type | key |\n| --- | --- | --- |\n| id | integer | primary |\n| shelf | text(20) | refers to shelves.id |',
    )
    expect(describeSchema(schema, 'sql', 'mysql')).toMatch(/^create table `shelves` \(`id` varchar\(20\)/)
    expect(describeSchema(schema, 'sql', 'sqlite')).toContain('create index "books_shelf_index" on "books" ("shelf");')
  })
})

describe('describeProto', () => {
  it('describes methods and fields with their comments', () => {
    const file =
      '// All.\nservice A {\n  // Asks\n  // again.\n  rpc Ask(B) returns (stream C);\n  rpc Get(B) returns (C) {\n    option idempotency_level = NO_SIDE_EFFECTS;\n  }\n}\nmessage B {}\nmessage C {\n  repeated string ids = 1; // Keys.\n}\n'
    expect(describeProto(file)).toBe(
      [
        '### A\n\nAll.\n\n| method | takes | returns | is sent |  |\n| --- | --- | --- | --- | --- |\n| Ask | B | stream C | once | Asks again. |\n| Get | B | C | up to 4 times |  |',
        '**B**\n\nNo fields.',
        '**C**\n\n| number | field | type |  |\n| --- | --- | --- | --- |\n| 1 | ids | repeated string | Keys. |',
      ].join('\n\n'),
    )
  })
})
