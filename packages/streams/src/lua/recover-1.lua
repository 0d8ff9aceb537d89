-- Finds entries handed to a consumer whose reply never reached it, after a lost connection. One on its last delivery is
-- handed back, as no handler had it: it has its turn by itself like any other on its last.
-- KEYS[1] stream
-- ARGV[1] group  ARGV[2] consumer  ARGV[3] most entries  ARGV[4] most deliveries
-- ARGV[5] the name that keeps released entries until they are claimed  ARGV[6..] ids the consumer knows of
-- Returns { 1 where there may be more and 0 where not, { id, delivery, text, ... } }; their leases begin anew.
local stream, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local most, last, released = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local known = {}
for i = 6, #ARGV do known[ARGV[i]] = true end
local found = {}
local count = 0
local page = most + #ARGV - 5
local pending = redis.call('XPENDING', stream, group, '-', '+', page, consumer)
for _, entry in ipairs(pending) do
  local id, delivery = entry[1], entry[4]
  if not known[id] then
    if count == most then return { 1, found } end
    local got = redis.call('XRANGE', stream, id, id)
    if not got[1] then
      redis.call('XACK', stream, group, id)
    elseif delivery == last and delivery > 1 then
      redis.call('XCLAIM', stream, group, released, 0, id, 'TIME', 0, 'RETRYCOUNT', delivery - 1, 'JUSTID')
    else
      redis.call('XCLAIM', stream, group, consumer, 0, id, 'JUSTID')
      found[#found + 1] = id
      found[#found + 1] = delivery
      found[#found + 1] = got[1][2][2]
      count = count + 1
    end
  end
end
return { #pending == page and 1 or 0, found }
