import { createScript } from './script.ts'

/** Which rows to read: those of `keys`, the one of a unique value, or so many on in the order of the keys or of an index. */
export type ReadPlan =
  | { readonly by: 'keys'; readonly keys: readonly string[] }
  | { readonly by: 'unique'; readonly columns: string; readonly equal: readonly string[] }
  | (Range & { readonly by: 'order' })
  | (Range & { readonly by: 'index'; readonly columns: string; readonly equal: readonly string[] })

/** Bounds of the primary key, or of the index's first column that is not in `equal`; the text and whether it is in. */
export interface Range {
  readonly from: readonly [value: string, isIn: boolean] | false
  readonly to: readonly [value: string, isIn: boolean] | false
  readonly descending: boolean
}

/** The columns, the place from which the next page is to be read, and the rows as one JSON array. */
export type ReadAnswer = readonly [columns: string, next: string | null, rows: string]

/**
 * Reads a page of rows as they are at one moment: arguments are the table, a `ReadPlan` as JSON, the place where the page
 * before it ended ('' for the first) and the most rows. Answers INDEXGONE where the index is not there (any more).
 */
export const readScript = createScript(String.raw`
local name, plan, after, limit = ARGV[1], cjson.decode(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local def = define(name)
if not def then return no_table(name) end

local function page(command, backwards, key, low, high)
  if plan.descending then return redis.call(backwards, key, high, low, 'LIMIT', 0, limit) end
  return redis.call(command, key, low, high, 'LIMIT', 0, limit)
end

local function order_page()
  local low, high
  if def.integers[def.key] then
    low = plan.from and (plan.from[2] and '' or '(') .. plan.from[1] or '-inf'
    high = plan.to and (plan.to[2] and '' or '(') .. plan.to[1] or '+inf'
  else
    low = plan.from and (plan.from[2] and '[' or '(') .. plan.from[1] or '-'
    high = plan.to and (plan.to[2] and '[' or '(') .. plan.to[1] or '+'
  end
  if after ~= '' and plan.descending then high = '(' .. after
  elseif after ~= '' then low = '(' .. after end
  if def.integers[def.key] then return page('ZRANGEBYSCORE', 'ZREVRANGEBYSCORE', def.orderKey, low, high) end
  return page('ZRANGEBYLEX', 'ZREVRANGEBYLEX', def.orderKey, low, high)
end

local function index_page(index)
  local parts = {}
  for at, value in ipairs(plan.equal) do parts[at] = encode(def, index.columns[at], value) end
  local prefix, column = table.concat(parts), index.columns[#plan.equal + 1] or def.key
  local low, high = '[' .. prefix, '[' .. prefix .. '\255'
  if plan.from then low = '[' .. prefix .. encode(def, column, plan.from[1]) .. (plan.from[2] and '' or '\255') end
  if plan.to then high = '[' .. prefix .. encode(def, column, plan.to[1]) .. (plan.to[2] and '\255' or '') end
  if after ~= '' and plan.descending then high = '(' .. after
  elseif after ~= '' then low = '(' .. after end
  return page('ZRANGEBYLEX', 'ZREVRANGEBYLEX', index.key, low, high)
end

local function read_keys()
  if plan.by == 'keys' then return plan.keys, nil end
  if plan.by == 'unique' then
    for _, unique in ipairs(def.uniques) do
      if table.concat(unique.columns, ',') == plan.columns then
        local parts = {}
        for at, value in ipairs(plan.equal) do parts[at] = encode(def, unique.columns[at], value) end
        return { redis.call('HGET', unique.key, table.concat(parts)) or nil }, nil
      end
    end
    return nil, nil
  end
  local index = plan.by == 'index' and find_index(def, plan.columns)
  if plan.by == 'index' and not index then return nil, nil end
  local members = index and index_page(index) or order_page()
  local last = #members == limit and members[limit] or nil
  return index and keys_in(def, index, members) or members, last
end

local keys, last = read_keys()
if not keys then return redis.error_reply('INDEXGONE ' .. name .. ' has no index ' .. plan.columns) end
local rows = {}
for from = 1, #keys, 1000 do
  for _, row in ipairs(redis.call('HMGET', def.rowsKey, unpack(keys, from, math.min(from + 999, #keys)))) do
    if row then rows[#rows + 1] = row end
  end
end
return { def.names, last or false, '[' .. table.concat(rows, ',') .. ']' }
`)

/** The number of rows of the table in the first argument. */
export const countScript = createScript(String.raw`
local def = define(ARGV[1])
if not def then return no_table(ARGV[1]) end
return redis.call('ZCARD', def.orderKey)
`)

/** Values with their rows, and the place from which the next page is to be read. */
export type CountByAnswer = readonly [valuesAndRows: readonly (string | number)[], next: string | null]

/**
 * Rows for each value of a column that an index begins with, without a look at the rows: arguments are the table, the
 * index's columns, the place where the page before it ended and the most values. INDEXGONE as above.
 */
export const countByScript = createScript(String.raw`
local name, after, limit = ARGV[1], ARGV[3], tonumber(ARGV[4])
local def = define(name)
if not def then return no_table(name) end
local index = find_index(def, ARGV[2])
if not index then return redis.error_reply('INDEXGONE ' .. name .. ' has no index ' .. ARGV[2]) end
local column, found = index.columns[1], {}
while #found < 2 * limit do
  local low = after == '' and '-' or '(' .. after .. '\255'
  local member = redis.call('ZRANGEBYLEX', index.key, low, '+', 'LIMIT', 0, 1)[1]
  if not member then return { found, false } end
  local value, stop = decode(def, column, member, 1)
  after = string.sub(member, 1, stop - 1)
  found[#found + 1] = value
  found[#found + 1] = redis.call('ZLEXCOUNT', index.key, '[' .. after, '[' .. after .. '\255')
end
return { found, after }
`)
