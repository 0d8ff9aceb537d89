-- Puts dead messages back at the end of their stream; one that another redrove or discarded meanwhile is left out.
-- KEYS[1] stream  KEYS[2] dead stream
-- ARGV of each message: dead entry id, published at, text of its new first attempt
-- Returns how many were put back.
local t = redis.call('TIME')
local now = string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000))
local redriven = 0
for i = 1, #ARGV, 3 do
  if redis.call('XDEL', KEYS[2], ARGV[i]) == 1 then
    redis.call('XADD', KEYS[1], '*', 'm', '@' .. ARGV[i + 1] .. ',' .. now .. ';' .. ARGV[i + 2])
    redriven = redriven + 1
  end
end
return redriven
