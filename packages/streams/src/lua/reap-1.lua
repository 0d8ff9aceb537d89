-- Removes consumers that hold nothing and have not been heard of for a while.
-- KEYS[1] stream
-- ARGV[1] group  ARGV[2] idle ms  ARGV[3] a name to keep  ARGV[4] most to remove
-- Returns { how many were removed, how many are left }.
local removed, most = 0, tonumber(ARGV[4])
local consumers = redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
for _, info in ipairs(consumers) do
  if removed == most then break end
  local at = {}
  for i = 1, #info, 2 do at[info[i]] = info[i + 1] end
  if at.pending == 0 and at.idle >= tonumber(ARGV[2]) and at.name ~= ARGV[3] then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], at.name)
    removed = removed + 1
  end
end
return { removed, #consumers - removed }
