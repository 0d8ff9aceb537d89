-- Publishes messages of which some are delayed or deduplicated, in order, until the stream is full.
-- KEYS[1] stream  KEYS[2] delayed set  KEYS[3..] one memory per deduplicated message
-- ARGV[1] most entries the stream may hold, delayed ones included (0: no limit)
-- ARGV[2..] of each message: text, delay in ms, index in KEYS of its memory (0: none), that memory's ms, id, nonce
-- Returns how many were dealt with, then index (from 0) and earlier id of each that had been published before.
local most = tonumber(ARGV[1])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local room = math.huge
if most > 0 then room = most - redis.call('XLEN', KEYS[1]) - redis.call('ZCARD', KEYS[2]) end
local result = { 0 }
local index = 0
for i = 2, #ARGV, 6 do
  local memory = tonumber(ARGV[i + 2])
  local earlier = memory > 0 and redis.call('GET', KEYS[memory])
  if earlier then
    result[#result + 1] = index
    result[#result + 1] = earlier
  else
    if room < 1 then break end
    room = room - 1
    local delay = tonumber(ARGV[i + 1])
    if delay > 0 then
      redis.call('ZADD', KEYS[2], now + delay,
        ARGV[i + 5] .. ';' .. string.format('%.0f', now) .. '\n' .. ARGV[i])
    else
      redis.call('XADD', KEYS[1], '*', 'm', ARGV[i])
    end
    if memory > 0 then redis.call('SET', KEYS[memory], ARGV[i + 4], 'PX', ARGV[i + 3]) end
  end
  index = index + 1
end
result[1] = index
return result
