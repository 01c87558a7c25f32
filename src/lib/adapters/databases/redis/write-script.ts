import { dataPrefix } from './definition.ts'
import { createScript } from './script.ts'

/**
 * Makes all changes of rows: takes a `WritePlan` as JSON, then the rows; gives a `WriteAnswer`. Guards are
 * decided in order, on rows as they will be; then the rows of those that hit are checked against keys, unique columns and
 * references. Nothing is written before all of that is known, since a server takes back nothing of a script that fails.
 */
export const writeScript = createScript(String.raw`
local plan = cjson.decode(ARGV[1])
local defs, by_name = {}, {}
-- A guard that names neither key nor index reads the table while everybody waits.
local most_looked_at = 10000
local problem = nil

for at, ref in ipairs(plan.tables) do
  local def = define(ref[1])
  if not def or def.names ~= ref[2] then return no_table(ref[1] .. ' of the columns ' .. ref[2]) end
  def.old, def.rows, def.seen, def.text = {}, {}, {}, {}
  def.keys, def.sent = {}, {}
  defs[at] = def
  by_name[def.name] = def
end

local function refuse(code, text)
  problem = problem or redis.error_reply(code .. ' ' .. text)
end

local function look_at(def, keys)
  local missing = {}
  for _, key in ipairs(keys) do
    if def.rows[key] == nil then
      def.rows[key] = false
      missing[#missing + 1] = key
    end
  end
  for from = 1, #missing, 1000 do
    local upto = math.min(from + 999, #missing)
    local texts = redis.call('HMGET', def.rowsKey, unpack(missing, from, upto))
    for at = from, upto do
      local key, text = missing[at], texts[at - from + 1]
      local row = text and cjson.decode(text)
      def.old[key], def.rows[key] = row, row
      def.seen[#def.seen + 1] = key
    end
  end
end

-- The operator would compare texts as the server's language does.
local function is_less(def, column, a, b)
  if def.integers[column] then return tonumber(a) < tonumber(b) end
  for at = 1, math.min(#a, #b) do
    local x, y = string.byte(a, at), string.byte(b, at)
    if x ~= y then return x < y end
  end
  return #a < #b
end

local function is_in(term, value)
  if not term.set then
    term.set = {}
    for _, each in ipairs(term[3]) do term.set[each] = true end
  end
  return term.set[value] == true
end

local tests = {
  eq = function(def, term, value) return value == term[3] end,
  gt = function(def, term, value) return is_less(def, term[1], term[3], value) end,
  gte = function(def, term, value) return not is_less(def, term[1], value, term[3]) end,
  lt = function(def, term, value) return is_less(def, term[1], value, term[3]) end,
  lte = function(def, term, value) return not is_less(def, term[1], term[3], value) end,
}
tests['in'] = function(def, term, value) return is_in(term, value) end

local function holds(def, row, terms)
  for _, term in ipairs(terms) do
    if not tests[term[2]](def, term, row[def.place[term[1]]]) then return false end
  end
  return true
end

local function with_changed(def, keys)
  local all, known = keys, {}
  for _, key in ipairs(keys) do known[key] = true end
  for _, key in ipairs(def.seen) do
    if not known[key] and def.rows[key] ~= def.old[key] then all[#all + 1] = key end
  end
  return all
end

local function prefix_of(def, columns, equal)
  local parts = {}
  for at, column in ipairs(columns) do
    if not equal[column] then return nil end
    parts[at] = encode(def, column, equal[column])
  end
  return table.concat(parts)
end

local function candidates(def, terms)
  local equal = {}
  for _, term in ipairs(terms) do
    if term[2] == 'eq' then equal[term[1]] = term[3] end
  end
  if equal[def.key] then return { equal[def.key] } end
  for _, term in ipairs(terms) do
    if term[1] == def.key and term[2] == 'in' then return term[3] end
  end
  for _, unique in ipairs(def.uniques) do
    local prefix = prefix_of(def, unique.columns, equal)
    if prefix then return with_changed(def, { redis.call('HGET', unique.key, prefix) or nil }) end
  end
  local members
  for _, index in ipairs(def.indexing == 'live' and def.indexed or {}) do
    local prefix = prefix_of(def, index.columns, equal)
    if prefix then
      members = redis.call('ZRANGEBYLEX', index.key, '[' .. prefix, '[' .. prefix .. '\255', 'LIMIT', 0, most_looked_at + 1)
      members = keys_in(def, index, members)
      break
    end
  end
  members = members or redis.call('ZRANGE', def.orderKey, 0, most_looked_at)
  if #members <= most_looked_at then return with_changed(def, members) end
  refuse('TOOWIDE', 'a guard on ' .. def.name .. ' is about more than ' .. most_looked_at .. ' rows')
  return {}
end

local function patched(def, row, patch)
  local new = { unpack(row) }
  for _, assignment in ipairs(patch) do
    local place = def.place[assignment[1]]
    if assignment[2] == 'set' then new[place] = assignment[3]
    else new[place] = string.format('%.0f', tonumber(row[place]) + tonumber(assignment[3])) end
  end
  return new
end

local function strike(def, terms, patch)
  local hits = 0
  local keys = candidates(def, terms)
  look_at(def, keys)
  for _, key in ipairs(keys) do
    local row = def.rows[key]
    if row and holds(def, row, terms) then
      hits = hits + 1
      def.rows[key] = patch and patched(def, row, patch)
    end
  end
  return hits
end

local function is_same(a, b)
  for at, value in ipairs(a) do
    if b[at] ~= value then return false end
  end
  return #a == #b
end

local kept = {}

local function cut_row(number)
  local start, row = number * plan.packed.rowBytes, {}
  for at, field in ipairs(plan.packed.fields) do
    local value = string.sub(ARGV[2], start + field[1] + 1, start + field[1] + field[2])
    row[at] = field[3] and string.gsub(value, '^0+(%d)', '%1') or value
  end
  return row, cjson.encode(row)
end

local function read_sent(def, at)
  local row, text
  if plan.packed then row, text = cut_row(at - 2) else row, text = cjson.decode(ARGV[at]), ARGV[at] end
  local key = row[def.place[def.key]]
  def.sent[#def.sent + 1] = { at = at, key = key, row = row, text = text }
  def.keys[#def.keys + 1] = key
end

local function add_sent(def)
  look_at(def, def.keys)
  for _, sent in ipairs(def.sent) do
    local key, there = sent.key, def.rows[sent.key]
    if not there then
      def.rows[key], def.text[key] = sent.row, sent.text
    elseif plan.packed and there == def.old[key] and is_same(there, sent.row) then
      kept[#kept + 1] = sent.at - 2
    else
      refuse('DUPLICATE', 'duplicate key of ' .. def.name)
    end
  end
end

local function check_unique(def, unique)
  unique.gone, unique.come = {}, {}
  for _, key in ipairs(def.changed) do
    local old, new = def.old[key], def.rows[key]
    old, new = old and tuple(def, unique.columns, old), new and tuple(def, unique.columns, new)
    if old ~= new then
      if old then unique.gone[old] = true end
      if new and unique.come[new] then refuse('DUPLICATE', 'duplicate unique value of ' .. def.name) end
      if new then unique.come[new] = key end
    end
  end
  local new = {}
  for value in pairs(unique.come) do
    if not unique.gone[value] then new[#new + 1] = value end
  end
  for from = 1, #new, 1000 do
    for _, there in ipairs(redis.call('HMGET', unique.key, unpack(new, from, math.min(from + 999, #new)))) do
      if there then refuse('DUPLICATE', 'duplicate unique value of ' .. def.name) end
    end
  end
end

local function check_reference(def, reference)
  local place, known = def.place[reference.column], {}
  local parents = by_name[reference.table]
  for _, key in ipairs(def.changed) do
    local old, new = def.old[key], def.rows[key]
    local value = new and new[place]
    if value and not known[value] and not (old and old[place] == value) then
      known[value] = true
      local there = nil
      if parents then there = parents.rows[value] end
      if there == nil then there = redis.call('HEXISTS', '${dataPrefix}' .. reference.table, value) == 1 end
      if not there then refuse('ORPHAN', 'foreign key of ' .. def.name .. ' refers to no row of ' .. reference.table) end
    end
  end
end

local function run_in_parts(command, key, list)
  for from = 1, #list, 2000 do
    redis.call(command, key, unpack(list, from, math.min(from + 1999, #list)))
  end
end

local function append(list, ...)
  for _, value in ipairs({ ... }) do list[#list + 1] = value end
end

local function write_rows(def)
  local gone, set, unordered, ordered = {}, {}, {}, {}
  for _, key in ipairs(def.changed) do
    local old, new = def.old[key], def.rows[key]
    if new then append(set, key, def.text[key] or cjson.encode(new)) else append(gone, key) end
    if not new then append(unordered, key) end
    if not old then append(ordered, def.integers[def.key] and key or '0', key) end
  end
  run_in_parts('HDEL', def.rowsKey, gone)
  run_in_parts('HSET', def.rowsKey, set)
  run_in_parts('ZREM', def.orderKey, unordered)
  run_in_parts('ZADD', def.orderKey, ordered)
end

local function write_unique(unique)
  local gone, come = {}, {}
  for value in pairs(unique.gone) do append(gone, value) end
  for value, key in pairs(unique.come) do append(come, value, key) end
  run_in_parts('HDEL', unique.key, gone)
  run_in_parts('HSET', unique.key, come)
end

local function write_index(def, index)
  local gone, come = {}, {}
  for _, key in ipairs(def.changed) do
    local old, new = def.old[key], def.rows[key]
    old, new = old and entry(def, index, old), new and entry(def, index, new)
    if old ~= new then
      if old then append(gone, old) end
      if new then append(come, '0', new) end
    end
  end
  run_in_parts('ZREM', index.key, gone)
  run_in_parts('ZADD', index.key, come)
end

-- One look for all rows that guards name by their keys, rather than one for each.
for _, change in ipairs(plan.changes) do
  local guard = change[1]
  for _, term in ipairs(guard and guard[2] or {}) do
    local def = defs[guard[1]]
    if term[1] == def.key and term[2] == 'eq' then def.keys[#def.keys + 1] = term[3] end
  end
end
for _, def in ipairs(defs) do
  look_at(def, def.keys)
  def.keys = {}
end

local hits = {}
for at, change in ipairs(plan.changes) do
  local guard = change[1]
  hits[at] = guard and strike(defs[guard[1]], guard[2], guard[3]) or -1
end
if problem then return problem end

local at = 2
for number, change in ipairs(plan.changes) do
  for _, part in ipairs(change[2]) do
    for row = at, hits[number] ~= 0 and at + part[2] - 1 or 0 do read_sent(defs[part[1]], row) end
    at = at + part[2]
  end
end
for _, def in ipairs(defs) do add_sent(def) end
if problem then return problem end

for _, def in ipairs(defs) do
  def.changed = {}
  for _, key in ipairs(def.seen) do
    if def.rows[key] ~= def.old[key] then def.changed[#def.changed + 1] = key end
  end
  for _, unique in ipairs(def.uniques) do check_unique(def, unique) end
end
for _, def in ipairs(defs) do
  for _, reference in ipairs(def.references) do check_reference(def, reference) end
end
if problem then return problem end

-- A command that is refused half-way leaves what came before it. Version 6 cannot be asked.
for _, def in ipairs(redis.acl_check_cmd and defs or {}) do
  for command, arguments in pairs({ HSET = { '1', '1' }, HDEL = { '1' }, ZADD = { '1', '1' }, ZREM = { '1' } }) do
    if not redis.acl_check_cmd(command, def.rowsKey, unpack(arguments)) then
      return redis.error_reply('DENIED the user may not use ' .. command)
    end
  end
end

for _, def in ipairs(defs) do
  write_rows(def)
  for _, unique in ipairs(def.uniques) do write_unique(unique) end
  if def.indexing ~= 'dropped' then
    for _, index in ipairs(def.indexed) do write_index(def, index) end
  end
end
return { hits, kept }
`)
