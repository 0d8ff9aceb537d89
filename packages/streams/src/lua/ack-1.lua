-- Settles finished messages that emit nothing: out of the pending list and out of the stream in one step.
-- KEYS[1] stream
-- ARGV[1] group  ARGV[2..] entry ids
-- Returns how many were still pending.
local ids = { unpack(ARGV, 2) }
local acked = redis.call('XACK', KEYS[1], ARGV[1], unpack(ids))
redis.call('XDEL', KEYS[1], unpack(ids))
return acked
