-- A consumer leaves: what it still holds becomes claimable at once by any other, its delivery uncounted. Its name goes
-- in the step that finds nothing more of it, so that no entry can slip between.
-- KEYS[1] stream
-- ARGV[1] group  ARGV[2] consumer  ARGV[3] the name that keeps released entries until they are claimed
-- ARGV[4] most entries to release
-- Returns 1 when its name is gone, 0 where it has to be called again.
local most = tonumber(ARGV[4])
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', most, ARGV[2])
for _, entry in ipairs(pending) do
  local id = entry[1]
  local got = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[3], 0, id, 'TIME', 0, 'RETRYCOUNT', math.max(entry[4] - 1, 0), 'JUSTID')
  if not got[1] then redis.call('XACK', KEYS[1], ARGV[1], id) end
end
if #pending == most then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1
