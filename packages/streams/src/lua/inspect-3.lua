-- One consistent look at a partition.
-- KEYS[1] stream  KEYS[2] delayed set  KEYS[3] dead stream
-- ARGV[1] group
-- Returns { length, pending, delayed, dead, age of the oldest entry in ms, { name, pending, idle ms, ... } }.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local oldest = 0
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
if first[1] then oldest = math.max(0, now - tonumber(string.match(first[1][1], '^(%d+)'))) end
local pending, consumers = 0, {}
local summary = redis.pcall('XPENDING', KEYS[1], ARGV[1])
if not summary.err then
  pending = summary[1]
  for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
    local at = {}
    for i = 1, #info, 2 do at[info[i]] = info[i + 1] end
    consumers[#consumers + 1] = at.name
    consumers[#consumers + 1] = at.pending
    consumers[#consumers + 1] = at.idle
  end
end
return { redis.call('XLEN', KEYS[1]), pending, redis.call('ZCARD', KEYS[2]), redis.call('XLEN', KEYS[3]), oldest, consumers }
