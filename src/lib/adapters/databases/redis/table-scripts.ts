import { dataPrefix } from './definition.ts'
import { createScript } from './script.ts'

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
export const createTablesScript = createScript(String.raw`
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
export const dropTablesScript = createScript(String.raw`
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
export const dropIndexesScript = createScript(String.raw`
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
export const buildIndexesScript = createScript(String.raw`
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
