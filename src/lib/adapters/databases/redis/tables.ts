import type { AnyTable, TableState } from '../../../ports/database.ts'
import { migrationFailed, requirePlainTables } from '../errors.ts'
import type { RedisConnection } from './connection.ts'
import { dataPrefix, defineTable, definitionsKey, type Definition } from './definition.ts'
import { createScript } from './script.ts'

/** Keys of the whole database that the server looks at in one step. */
const keysPerScan = '1000'
/** Rows that get their entries in the indexes in one step. */
const rowsPerStep = '500'

/** Ours, which have a definition, and names under which others have keys. */
export async function listTables(connection: RedisConnection): Promise<TableState[]> {
  const names = (await connection.command<string[]>('HKEYS', definitionsKey)).filter((name) => !name.includes(':'))
  const definitions =
    names.length === 0 ? [] : await connection.command<(string | null)[]>('HMGET', definitionsKey, ...names)
  const marks = new Map(names.map((name, at) => [name, markIn(definitions[at] ?? '')]))
  for (const name of await listForeign(connection)) if (!marks.has(name)) marks.set(name, null)
  return [...marks].map(([name, mark]) => ({ name, mark }))
}

/** Others may keep something in a hash of the same name. */
function markIn(definition: string): string | null {
  try {
    return (JSON.parse(definition) as Partial<Definition>).mark ?? null
  } catch {
    return null
  }
}

async function listForeign(connection: RedisConnection): Promise<Set<string>> {
  const names = new Set<string>()
  let cursor = '0'
  do {
    const pattern = ['MATCH', `${dataPrefix}*`, 'COUNT', keysPerScan]
    const [next, keys] = await connection.command<[string, string[]]>('SCAN', cursor, ...pattern)
    for (const key of keys) names.add(key.slice(dataPrefix.length).split(':', 1)[0] ?? '')
    cursor = next
  } while (cursor !== '0')
  return names
}

/** All or none. Throws `migration-failed`. */
export async function createTables(
  connection: RedisConnection,
  tables: readonly { readonly table: AnyTable; readonly mark: string }[],
): Promise<void> {
  requirePlainTables(
    'Redis',
    tables.map(({ table }) => table),
  )
  try {
    const definitions = tables.flatMap(({ table, mark }) => [table.name, JSON.stringify(defineTable(table, mark))])
    await connection.run(createTablesScript, definitions)
  } catch (error) {
    throw migrationFailed(error, connection.url)
  }
}

/** Those that are there and ours; keys of others are left alone. */
export async function dropTables(connection: RedisConnection, tables: readonly AnyTable[]): Promise<void> {
  await connection.run(
    dropTablesScript,
    tables.map(({ name }) => name),
  )
}

/** Drops the indexes, but for those of keys and unique columns. */
export async function dropIndexes(connection: RedisConnection, table: AnyTable): Promise<void> {
  await connection.run(dropIndexesScript, [table.name])
}

/** Makes the indexes that were dropped, some rows at a time; whoever writes meanwhile keeps them too. */
export async function createIndexes(connection: RedisConnection, table: AnyTable): Promise<void> {
  let after: string | null = ''
  while (after !== null)
    after = await connection.run<string | null>(buildIndexesScript, [table.name, after, rowsPerStep])
}

/** All keys of a table's data, and the field that says how its indexes stand. */
const keysOf = String.raw`
local function keys_of(def)
  local keys = { def.rowsKey, def.orderKey }
  for _, unique in ipairs(def.uniques) do keys[#keys + 1] = unique.key end
  for _, index in ipairs(def.indexed) do keys[#keys + 1] = index.key end
  return keys
end
`

/** Makes tables, all or none: names and definitions in turns. TAKEN when anybody has a table or a key of that name. */
const createTablesScript = createScript(String.raw`
${keysOf}
for at = 1, #ARGV, 2 do
  if redis.call('HEXISTS', definitions, ARGV[at]) == 1 or redis.call('EXISTS', '${dataPrefix}' .. ARGV[at]) == 1 then
    return redis.error_reply('TAKEN there is a table ' .. ARGV[at])
  end
end
for at = 1, #ARGV, 2 do redis.call('HSET', definitions, ARGV[at], ARGV[at + 1]) end
for at = 1, #ARGV, 2 do
  for _, key in ipairs(keys_of(define(ARGV[at]))) do
    if redis.call('EXISTS', key) == 1 then
      for back = 1, #ARGV, 2 do redis.call('HDEL', definitions, ARGV[back]) end
      return redis.error_reply('TAKEN there is a key ' .. key)
    end
  end
end
return 'OK'
`)

/** Drops the tables that are there; the memory is given back behind the server's other work. */
const dropTablesScript = createScript(String.raw`
${keysOf}
for _, name in ipairs(ARGV) do
  local def = define(name)
  if def then
    redis.call('UNLINK', unpack(keys_of(def)))
    redis.call('HDEL', definitions, name, name .. ':indexes')
  end
end
return 'OK'
`)

/** Drops a table's indexes: writers keep them no longer. */
const dropIndexesScript = createScript(String.raw`
local def = define(ARGV[1])
if not def then return no_table(ARGV[1]) end
redis.call('HSET', definitions, def.name .. ':indexes', 'dropped')
for _, index in ipairs(def.indexed) do redis.call('UNLINK', index.key) end
return 'OK'
`)

/**
 * One step towards a table's indexes: arguments are the table, the key after which to go on ('' for the first step) and
 * the most rows. From the first step on writers keep the indexes; once the last has answered nothing, readers use them.
 */
const buildIndexesScript = createScript(String.raw`
local name, after, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
local def = define(name)
if not def then return no_table(name) end
if def.indexing == 'live' then return false end
redis.call('HSET', definitions, name .. ':indexes', 'building')
local keys
if def.integers[def.key] then
  keys = redis.call('ZRANGEBYSCORE', def.orderKey, after == '' and '-inf' or '(' .. after, '+inf', 'LIMIT', 0, limit)
else
  keys = redis.call('ZRANGEBYLEX', def.orderKey, after == '' and '-' or '(' .. after, '+', 'LIMIT', 0, limit)
end
if #keys == 0 then
  redis.call('HDEL', definitions, name .. ':indexes')
  return false
end
local rows = redis.call('HMGET', def.rowsKey, unpack(keys))
for _, index in ipairs(def.indexed) do
  local members = {}
  for at, row in ipairs(rows) do
    members[2 * at - 1], members[2 * at] = '0', entry(def, index, cjson.decode(row))
  end
  redis.call('ZADD', index.key, unpack(members))
end
return keys[#keys]
`)
