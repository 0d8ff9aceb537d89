-- A consumer's regular turn: promotes delayed messages that are due, and claims released entries and those whose lease
-- ran out. Of all that is pending it looks at one page, so that its time does not grow with what others run.
-- KEYS[1] stream  KEYS[2] delayed set
-- ARGV[1] group  ARGV[2] consumer  ARGV[3] lease in ms  ARGV[4] most deliveries
-- ARGV[5] most entries to claim for running  ARGV[6] beside them, how many on their last delivery
-- ARGV[7] most messages to promote  ARGV[8] where the page begins, as XPENDING takes it  ARGV[9] its most entries (> 0)
-- ARGV[10] the name that keeps released entries
-- Returns { now in ms, ms until the next message is due (-1: none), { id, delivery, text, ... },
--   the replication id: it names the history of writes this server is on, where the next page begins,
--   1 where leases of the consumer's own ran out: it renews what it knows of, so it may not know of these,
--   the first entry on its last delivery that was left where it is ('': none) }.
-- Entries past their deliveries come beside the limit: they are claimed to be buried.
local stream, delayed, group, consumer = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local lease, most = tonumber(ARGV[3]), tonumber(ARGV[4])
local room, suspects = tonumber(ARGV[5]), tonumber(ARGV[6])
local page, released = tonumber(ARGV[9]), ARGV[10]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)

-- Claims what is free of them. Returns the first for which there was no room.
local claimed, unknown, suspect = {}, 0, ''
local function claim(entries)
  local refused
  for _, entry in ipairs(entries) do
    local id, owner, idle, delivery = entry[1], entry[2], entry[3], entry[4] + 1
    local free = owner ~= consumer and idle >= lease
    if idle >= lease and owner == consumer then unknown = 1 end
    if free and delivery <= most then
      if delivery == most and delivery > 1 then
        free = suspects > 0
        suspects = suspects - 1
        if not free and suspect == '' then suspect = id end
      elseif room == 0 then
        refused = refused or id
        free = false
      else
        room = room - 1
      end
    end
    if free then
      local got = redis.call('XCLAIM', stream, group, consumer, 0, id)
      if got[1] then
        claimed[#claimed + 1] = id
        claimed[#claimed + 1] = delivery
        claimed[#claimed + 1] = got[1][2][2]
      else
        -- Its entry was deleted while it was pending: nothing is left to run.
        redis.call('XACK', stream, group, id)
      end
    end
  end
  return refused
end
claim(redis.call('XPENDING', stream, group, '-', '+', page, released))
local looked = redis.call('XPENDING', stream, group, ARGV[8], '+', page)
local from = claim(looked)
if not from then from = #looked == page and '(' .. looked[page][1] or '-' end

local due = redis.call('ZRANGEBYSCORE', delayed, '-inf', string.format('%.0f', now), 'WITHSCORES', 'LIMIT', 0, ARGV[7])
for i = 1, #due, 2 do
  local member = due[i]
  local a = string.find(member, '\n', 1, true)
  local published = string.match(string.sub(member, 1, a - 1), ';(%d+)$')
  -- Taken out first: a server out of memory refuses a script's first write if that needs memory, and later ones not.
  redis.call('ZREM', delayed, member)
  redis.call('XADD', stream, '*', 'm', '@' .. published .. ',' .. due[i + 1] .. ';' .. string.sub(member, a + 1))
end
local next = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
local wait = -1
if next[2] then wait = math.max(0, math.ceil(tonumber(next[2]) - now)) end
local info = redis.pcall('INFO', 'replication')
local history = type(info) == 'string' and string.match(info, 'master_replid:(%w+)') or ''
return { now, wait, claimed, history, from, unknown, suspect }
