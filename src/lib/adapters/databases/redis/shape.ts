import { expectedShape } from '../table-shapes.ts'
import type { AnyTable } from '../../../ports/database.ts'
import type { IndexShape, ShapePair, TableShape } from '../../../ports/table-shape.ts'
import type { RedisConnection } from './connection.ts'
import { definitionsKey, indexesOf, type Definition } from './definition.ts'

/** The tables as they should be, and as their definitions in the server have them; nobody can add to those. */
export function readRedisShapes(connection: RedisConnection, tables: readonly AnyTable[]): Promise<ShapePair[]> {
  return Promise.all(
    tables.map(async (table) => {
      const [definition, indexing] = await connection.command<(string | null)[]>(
        'HMGET',
        definitionsKey,
        table.name,
        `${table.name}:indexes`,
      )
      const expected: TableShape = {
        ...expectedShape(table, ({ type }) => (type === 'integer' ? 'integer' : 'text')),
        indexes: [...indexShapes(table.unique, true), ...indexShapes(indexesOf(table), false)],
      }
      return { name: table.name, expected, found: foundShape(table, readDefinition(definition), indexing ?? null) }
    }),
  )
}

function readDefinition(text: string | null | undefined): Partial<Definition> {
  return JSON.parse(text ?? '{}') as Partial<Definition>
}

/** `indexing` says how far indexes that were dropped are made again; null: they are whole. */
function foundShape(table: AnyTable, definition: Partial<Definition>, indexing: string | null): TableShape {
  const { columns = [], integers = {}, key, unique = [], indexes = [], references = [] } = definition
  const keyOf = (parent: string) => table.references.find((reference) => reference.table === parent)?.key ?? '?'
  return {
    columns: columns.map((name) => ({
      name,
      type: `${integers[name] ? 'integer' : 'text'} not null`,
      optional: false,
    })),
    primaryKey: key === undefined ? [] : [key],
    indexes: [
      ...indexShapes(unique, true),
      ...(indexing === 'dropped' ? [] : indexShapes(indexes, false, indexing ?? '')),
    ],
    references: references.map(({ column, table: parent }) => ({
      columns: [column],
      parent: `${parent} (${keyOf(parent)})`,
    })),
    triggers: [],
    partitions: [],
    checks: [],
  }
}

function indexShapes(lists: readonly (readonly string[])[], isUnique: boolean, limits = ''): IndexShape[] {
  return lists.map((columns) => ({ name: '', columns, unique: isUnique, limits }))
}
