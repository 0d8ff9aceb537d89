-- Settles finished messages that emit nothing: out of the pending list and out of the stream in one step.
-- KEYS[1] stream
-- ARGV[1] group  ARGV[2] entry ids with a space between: one argument costs a client less than many
-- Returns how many were still pending.
local ids = {}
for id in string.gmatch(ARGV[2], '%S+') do ids[#ids + 1] = id end
local acked = redis.call('XACK', KEYS[1], ARGV[1], unpack(ids))
redis.call('XDEL', KEYS[1], unpack(ids))
return acked
