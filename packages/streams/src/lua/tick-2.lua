-- A consumer's regular turn: promotes delayed messages that are due and claims entries whose lease ran out.
-- KEYS[1] stream  KEYS[2] delayed set
-- ARGV[1] group  ARGV[2] consumer  ARGV[3] lease in ms  ARGV[4] most deliveries
-- ARGV[5] most entries to claim for running  ARGV[6] how many of them may be on their last delivery
-- ARGV[7] most messages to promote
-- Returns { now in ms, ms until the next message is due (-1: none), { id, delivery, head, payload, ... },
--   the replication id: it names the history of writes this server is on }.
-- Entries past their deliveries come beside the limit: they are claimed to be buried.
local stream, delayed, group, consumer = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local lease, most = ARGV[3], tonumber(ARGV[4])
local room, suspects = tonumber(ARGV[5]), tonumber(ARGV[6])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)

local claimed = {}
local idle = redis.call('XPENDING', stream, group, 'IDLE', lease, '-', '+', room + 100)
for _, entry in ipairs(idle) do
  local id, owner, delivery = entry[1], entry[2], entry[4] + 1
  local take = false
  if owner ~= consumer then
    if delivery > most then
      take = true
    elseif room > 0 then
      if delivery < most or delivery == 1 then
        take = true
        room = room - 1
      elseif suspects > 0 then
        take = true
        room = room - 1
        suspects = suspects - 1
      end
    end
  end
  if take then
    local got = redis.call('XCLAIM', stream, group, consumer, 0, id)
    if got[1] then
      local fields = got[1][2]
      claimed[#claimed + 1] = id
      claimed[#claimed + 1] = delivery
      claimed[#claimed + 1] = fields[2]
      claimed[#claimed + 1] = fields[4] or ''
    else
      -- Its entry was deleted while it was pending: nothing is left to run.
      redis.call('XACK', stream, group, id)
    end
  end
end

local due = redis.call('ZRANGEBYSCORE', delayed, '-inf', string.format('%.0f', now), 'WITHSCORES', 'LIMIT', 0, ARGV[7])
for i = 1, #due, 2 do
  local member = due[i]
  local a = string.find(member, '\n', 1, true)
  local b = string.find(member, '\n', a + 1, true)
  local published = string.match(string.sub(member, 1, a - 1), ';(%d+)$')
  -- Taken out first: a server out of memory refuses a script's first write if that needs memory, and later ones not.
  redis.call('ZREM', delayed, member)
  redis.call('XADD', stream, '*', 'h', '@' .. published .. ',' .. due[i + 1] .. ';' .. string.sub(member, a + 1, b - 1),
    'p', string.sub(member, b + 1))
end
local next = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
local wait = -1
if next[2] then wait = math.max(0, math.ceil(tonumber(next[2]) - now)) end
local info = redis.pcall('INFO', 'replication')
local history = type(info) == 'string' and string.match(info, 'master_replid:(%w+)') or ''
return { now, wait, claimed, history }
