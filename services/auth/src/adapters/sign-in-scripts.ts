/**
 * KEYS pair, known, network, account. ARGV free, firstWaitMs, longestWaitMs, perNetwork, perAccount, windowMs.
 * Returns milliseconds to wait, or 0 after the try was counted. A refused try is not counted, so waiting always helps.
 */
export const admitScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local tries = tonumber(redis.call('HGET', KEYS[1], 'tries') or '0')
local free, first, longest, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[6])
if tries >= free then
  local wait = math.min(longest, first * 2 ^ math.min(tries - free, 30))
  local left = tonumber(redis.call('HGET', KEYS[1], 'last')) + wait - now
  if left > 0 then return math.ceil(left) end
end
if redis.call('EXISTS', KEYS[2]) == 0 then
  for index = 3, 4 do
    if tonumber(redis.call('GET', KEYS[index]) or '0') >= tonumber(ARGV[index + 1]) then
      return math.max(1, redis.call('PTTL', KEYS[index]))
    end
  end
end
for index = 3, 4 do
  if redis.call('INCR', KEYS[index]) == 1 then redis.call('PEXPIRE', KEYS[index], window) end
end
redis.call('HSET', KEYS[1], 'tries', tries + 1, 'last', now)
redis.call('PEXPIRE', KEYS[1], math.max(window, longest * 2))
return 0
`;

/** KEYS pair, known, network, account. ARGV knownMs. Takes back the try that turned out right. */
export const forgiveScript = `
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], '1', 'PX', ARGV[1])
for index = 3, 4 do
  if tonumber(redis.call('GET', KEYS[index]) or '0') > 0 then redis.call('DECR', KEYS[index]) end
end
return 1
`;
