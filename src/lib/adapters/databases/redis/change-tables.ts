import type { TableChange } from '../../../ports/database.ts'
import type { RedisConnection } from './connection.ts'
import { dataPrefix, defineTable, definitionsKey, type Definition } from './definition.ts'
import { textOf } from './rows.ts'
import { createScript } from './script.ts'
import { createIndexes, dropIndexes, dropTables } from './tables.ts'

/** Makes a change of a table that is there; does nothing where it was made before, nor for a new table. */
export async function changeRedisTable(connection: RedisConnection, change: TableChange): Promise<void> {
  const { kind, table } = change
  if (kind === 'create' || kind === 'remake triggers') return
  if (kind === 'drop') return dropTables(connection, [table])
  const stored = await connection.command<string | null>('HGET', definitionsKey, table.name)
  const definition = JSON.parse(stored ?? '{"mark":""}') as Definition
  if (kind === 'add column') {
    const changed = withColumn(definition, change)
    await connection.run(redefineScript, [table.name, stored ?? '', JSON.stringify(changed), appended(change.value)])
    return
  }
  // Indexes are made anew as a whole, some rows at a time: whoever writes meanwhile keeps them too.
  const others = definition.indexes.filter((columns) => columns.join() !== change.columns.join())
  const indexes = kind === 'add index' ? [...others, change.columns] : others
  await dropIndexes(connection, table)
  await connection.run(redefineScript, [table.name, stored ?? '', JSON.stringify({ ...definition, indexes }), ''])
  await createIndexes(connection, table)
}

type AddedColumn = TableChange & { readonly kind: 'add column' }

/** The other parts stay as they stand in the server: a later change of the same step brings its own. */
function withColumn(definition: Definition, { table, column }: AddedColumn): Definition {
  const { integers } = defineTable(table, definition.mark)
  const columns = [...definition.columns.filter((name) => name !== column), column]
  return {
    ...definition,
    columns,
    integers: { ...definition.integers, ...(integers[column] ? { [column]: true } : {}) },
  }
}

function appended(value: string | number): string {
  return `,${JSON.stringify(textOf(value))}]`
}

/** The commands of a change, with the script that appends to rows said in words. */
export function describeRedisChange(change: TableChange): string[] {
  const { kind, table } = change
  if (kind === 'remake triggers') return []
  const rows = `${dataPrefix}${table.name}`
  const store = `HSET ${definitionsKey} ${table.name}`
  if (kind === 'create') return [`${store} '${JSON.stringify(defineTable(table, change.mark))}'`]
  if (kind === 'drop') return [`UNLINK ${rows} ${rows}:*`, `HDEL ${definitionsKey} ${table.name}`]
  if (kind === 'add column')
    return [
      `EVALSHA ${redefineScript.sha} (appends ${appended(change.value)} to each row of ${rows}, adds ${change.column} to ${definitionsKey} ${table.name})`,
    ]
  const index = `${rows}:index:${change.columns.join(',')}`
  return [
    `${store} (${kind} ${change.columns.join(',')})`,
    kind === 'add index' ? `ZADD ${index} (every row)` : `UNLINK ${index}`,
  ]
}

/** Rows that a script changes between two looks at the order of keys. */
const rowsPerLook = 500

/**
 * Gives a table another definition, and appends a value to each row, in one step: arguments are the table, the definition
 * as it stood, the new one, and the text in the place of a row's closing bracket ('' to leave rows alone). TAKEN where
 * another has changed the definition meanwhile.
 */
const redefineScript = createScript(String.raw`
local name, before, after, ending = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local def = define(name)
if not def then return no_table(name) end
if redis.call('HGET', definitions, name) ~= before then
  return redis.error_reply('TAKEN another has changed the table ' .. name)
end
if ending ~= '' then
  local at = 0
  repeat
    local keys = redis.call('ZRANGE', def.orderKey, at, at + ${rowsPerLook - 1})
    for _, key in ipairs(keys) do
      local row = redis.call('HGET', def.rowsKey, key)
      redis.call('HSET', def.rowsKey, key, string.sub(row, 1, -2) .. ending)
    end
    at = at + #keys
  until #keys == 0
end
redis.call('HSET', definitions, name, after)
return 'OK'
`)
