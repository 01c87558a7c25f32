import { createHash } from 'node:crypto'
import { dataPrefix } from './definition.ts'

/** A script that the server runs as one step. */
export interface Script {
  readonly text: string
  /** By which the server knows it once it has seen it. */
  readonly sha: string
}

/**
 * The beginning of every script. A table's rows are the values of one hash, each a JSON array of texts by its primary
 * key; a sorted set has the keys in order (those of texts by their bytes). Unique columns are a hash from their values to
 * the key. An index is a sorted set of its columns' values and the key, written so that their bytes sort as they do: a
 * text ends with a zero byte, a whole number begins with its length. So a table is a few keys, however many rows it has,
 * and dropping it takes a moment.
 */
const prelude = String.raw`
local definitions = KEYS[1]

local function define(name)
  local found = redis.call('HMGET', definitions, name, name .. ':indexes')
  if not found[1] then return nil end
  local def = cjson.decode(found[1])
  def.name = name
  def.indexing = found[2] or 'live'
  def.names = table.concat(def.columns, ' ')
  def.rowsKey = '${dataPrefix}' .. name
  def.orderKey = def.rowsKey .. ':keys'
  def.place = {}
  for at, column in ipairs(def.columns) do def.place[column] = at end
  local function keyed(kind, lists)
    local all = {}
    for at, columns in ipairs(lists) do
      all[at] = { columns = columns, key = def.rowsKey .. ':' .. kind .. ':' .. table.concat(columns, ',') }
    end
    return all
  end
  def.uniques = keyed('unique', def.unique)
  def.indexed = keyed('index', def.indexes)
  return def
end

local function no_table(name)
  return redis.error_reply('NOTABLE there is no table ' .. name)
end

local nines = { ['0'] = '9', ['1'] = '8', ['2'] = '7', ['3'] = '6', ['4'] = '5',
  ['5'] = '4', ['6'] = '3', ['7'] = '2', ['8'] = '1', ['9'] = '0' }

local function encode(def, column, value)
  if not def.integers[column] then return value .. '\0' end
  if string.byte(value) ~= 45 then return string.char(64 + #value) .. value end
  local digits = string.gsub(string.sub(value, 2), '%d', nines)
  return string.char(64 - #digits) .. digits
end

local function decode(def, column, text, at)
  if not def.integers[column] then
    local stop = string.find(text, '\0', at, true)
    return string.sub(text, at, stop - 1), stop + 1
  end
  local length = string.byte(text, at) - 64
  if length > 0 then return string.sub(text, at + 1, at + length), at + length + 1 end
  local digits = string.gsub(string.sub(text, at + 1, at - length), '%d', nines)
  return '-' .. digits, at - length + 1
end

local function tuple(def, columns, row)
  local parts = {}
  for at, column in ipairs(columns) do parts[at] = encode(def, column, row[def.place[column]]) end
  return table.concat(parts)
end

local function entry(def, index, row)
  return tuple(def, index.columns, row) .. encode(def, def.key, row[def.place[def.key]])
end

local function key_in(def, index, member)
  local at, value = 1, nil
  for _, column in ipairs(index.columns) do value, at = decode(def, column, member, at) end
  value = decode(def, def.key, member, at)
  return value
end

local function keys_in(def, index, members)
  local keys = {}
  for at, member in ipairs(members) do keys[at] = key_in(def, index, member) end
  return keys
end

local function find_index(def, name)
  if def.indexing ~= 'live' then return nil end
  for _, index in ipairs(def.indexed) do
    if table.concat(index.columns, ',') == name then return index end
  end
  return nil
end
`

export function createScript(body: string): Script {
  const text = prelude + body
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}
