-- Renews the leases of entries a consumer runs; what another consumer holds by now is left alone.
-- KEYS[1] stream
-- ARGV[1] group  ARGV[2] consumer  ARGV[3..] entry ids
-- Returns the ids that are no longer the consumer's.
local lost = {}
local ours = {}
for i = 3, #ARGV do
  local id = ARGV[i]
  if #redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2]) > 0 then
    ours[#ours + 1] = id
  else
    lost[#lost + 1] = id
  end
end
if #ours > 0 then
  ours[#ours + 1] = 'JUSTID'
  redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, unpack(ours))
end
return lost
