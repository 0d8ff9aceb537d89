-- A consumer leaves: what it still holds becomes claimable at once by any other, its delivery uncounted, and its
-- name goes, all in one step so that no entry can slip between.
-- KEYS[1] stream
-- ARGV[1] group  ARGV[2] consumer  ARGV[3] the name that keeps released entries until they are claimed
-- Returns how many entries were released.
local released = 0
while true do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 500, ARGV[2])
  if #pending == 0 then break end
  for _, entry in ipairs(pending) do
    local id = entry[1]
    local got = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[3], 0, id, 'TIME', 0, 'RETRYCOUNT', math.max(entry[4] - 1, 0), 'JUSTID')
    if got[1] then released = released + 1 else redis.call('XACK', KEYS[1], ARGV[1], id) end
  end
end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return released
