-- One consistent look at a partition.
-- KEYS[1] stream  KEYS[2] delayed set  KEYS[3] dead stream
-- ARGV[1] group  ARGV[2] the name that keeps released entries until they are claimed
-- Returns { length, pending, delayed, dead, age of the oldest entry in ms, the same of the oldest that nobody holds,
--   { name, pending, idle ms, ... } }.
local stream, group, released = KEYS[1], ARGV[1], ARGV[2]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)

local function age(id)
  if not id then return 0 end
  return math.max(0, now - tonumber(string.match(id, '^(%d+)')))
end
local function firstFrom(from)
  local found = redis.call('XRANGE', stream, from, '+', 'COUNT', 1)
  return found[1] and found[1][1]
end
local function named(info)
  local at = {}
  for i = 1, #info, 2 do at[info[i]] = info[i + 1] end
  return at
end

local oldest = firstFrom('-')
local pending, waiting, consumers = 0, oldest, {}
-- An error where there is no stream.
for _, info in ipairs(redis.pcall('XINFO', 'GROUPS', stream)) do
  local of = named(info)
  if of.name == group then
    pending = of.pending
    -- What was handed back had been delivered, so it is older than what was not.
    local back = redis.call('XPENDING', stream, group, '-', '+', 1, released)
    waiting = back[1] and back[1][1] or firstFrom('(' .. of['last-delivered-id'])
    for _, each in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
      local consumer = named(each)
      consumers[#consumers + 1] = consumer.name
      consumers[#consumers + 1] = consumer.pending
      consumers[#consumers + 1] = consumer.idle
    end
  end
end
return { redis.call('XLEN', stream), pending, redis.call('ZCARD', KEYS[2]), redis.call('XLEN', KEYS[3]),
  age(oldest), age(waiting), consumers }
