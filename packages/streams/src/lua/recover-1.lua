-- Finds entries handed to a consumer whose reply never reached it, after a lost connection.
-- KEYS[1] stream
-- ARGV[1] group  ARGV[2] consumer  ARGV[3] most entries  ARGV[4..] ids the consumer knows of
-- Returns { more (0 or 1), { id, delivery, text, ... } }; their leases begin anew.
local known = {}
for i = 4, #ARGV do known[ARGV[i]] = true end
local most = tonumber(ARGV[3])
local found = {}
local count = 0
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', most + #ARGV, ARGV[2])
for _, entry in ipairs(pending) do
  local id = entry[1]
  if not known[id] then
    if count == most then return { 1, found } end
    local got = redis.call('XRANGE', KEYS[1], id, id)
    if got[1] then
      redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id, 'JUSTID')
      found[#found + 1] = id
      found[#found + 1] = entry[4]
      found[#found + 1] = got[1][2][2]
      count = count + 1
    else
      redis.call('XACK', KEYS[1], ARGV[1], id)
    end
  end
end
return { 0, found }
