-- Appends plain messages, as many as the stream has room for.
-- KEYS[1] stream  KEYS[2] delayed set
-- ARGV[1] most entries the stream may hold, delayed ones included (0: no limit)
-- ARGV[2] about how many entries to keep (0: all)
-- ARGV[3..] text of each message
-- Returns how many were appended.
local most = tonumber(ARGV[1])
local keep = tonumber(ARGV[2])
local last = #ARGV
if most > 0 then
  local room = most - redis.call('XLEN', KEYS[1]) - redis.call('ZCARD', KEYS[2])
  last = math.min(last, 2 + math.max(room, 0))
end
for i = 3, last do
  redis.call('XADD', KEYS[1], '*', 'm', ARGV[i])
end
if keep > 0 then redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', keep) end
return last - 2
