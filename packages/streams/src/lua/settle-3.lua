-- Settles messages and appends what they emit. A finished one is settled by whoever comes first; a retry or a
-- death counts only from the consumer that still holds the entry.
-- KEYS[1] stream  KEYS[2] delayed set  KEYS[3] dead stream  KEYS[4..] streams emitted to
-- ARGV[1] group  ARGV[2] consumer
-- ARGV[3..] of each message: op, entry id, then
--   op d (done):  nothing
--   op r (retry): delay in ms, published at, next text
--   op x (dead):  published at, head, payload, reason, error, history
--   then the number of emits, and of each: index in KEYS, text, entries to keep (0: all), expiry in ms (0: none)
-- Returns the indexes (from 0) of the messages that were no longer ours to settle. Where a key is of another type than it
-- should be nothing is written: Redis would refuse a later write of the script and keep the ones before it.
local stream, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local lost = {}
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for k = 2, #KEYS do
  local kind = redis.call('TYPE', KEYS[k]).ok
  if kind ~= 'none' and kind ~= (k == 2 and 'zset' or 'stream') then
    return redis.error_reply('WRONGTYPE ' .. KEYS[k] .. ' is a ' .. kind)
  end
end
local i = 3
local index = 0

local function held(id)
  return #redis.call('XPENDING', stream, group, id, id, 1, consumer) > 0
end

while i <= #ARGV do
  local op, id = ARGV[i], ARGV[i + 1]
  local first = i + 2
  local settled
  if op == 'd' then
    settled = redis.call('XACK', stream, group, id) == 1
    i = first
  elseif op == 'r' then
    settled = held(id)
    if settled then
      redis.call('XACK', stream, group, id)
      local delay = tonumber(ARGV[first])
      if delay > 0 then
        redis.call('ZADD', KEYS[2], now + delay,
          id .. ';' .. ARGV[first + 1] .. '\n' .. ARGV[first + 2])
      else
        redis.call('XADD', stream, '*', 'm',
          '@' .. ARGV[first + 1] .. ',' .. string.format('%.0f', now) .. ';' .. ARGV[first + 2])
      end
    end
    i = first + 3
  else
    settled = held(id)
    if settled then
      redis.call('XACK', stream, group, id)
      redis.call('XADD', KEYS[3], '*', '@', ARGV[first], 'h', ARGV[first + 1], 'p', ARGV[first + 2],
        'r', ARGV[first + 3], 'e', ARGV[first + 4], 'y', ARGV[first + 5])
    end
    i = first + 6
  end
  if settled then
    redis.call('XDEL', stream, id)
  else
    lost[#lost + 1] = index
  end
  local emits = tonumber(ARGV[i])
  i = i + 1
  for _ = 1, emits do
    if settled then
      local key = KEYS[tonumber(ARGV[i])]
      local keep, expiry = tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
      if keep > 0 then
        redis.call('XADD', key, 'MAXLEN', '~', keep, '*', 'm', ARGV[i + 1])
      else
        redis.call('XADD', key, '*', 'm', ARGV[i + 1])
      end
      if expiry > 0 then redis.call('PEXPIRE', key, expiry) end
    end
    i = i + 4
  end
  index = index + 1
end
return lost
