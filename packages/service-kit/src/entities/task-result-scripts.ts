/**
 * Saves entities of one task as redis-om would, many at once: a save of its own costs 70 µs of this process each.
 *
 * KEYS[1] the task's generation  KEYS[2..] entities
 * ARGV[1] the generation they belong to  ARGV[2] owner  ARGV[3] lifetime in seconds  ARGV[4..] outcome of each
 * Returns the generation that holds; where it is another than theirs none was saved.
 */
export const saveScript = `
local holds = redis.call('GET', KEYS[1]) or '0'
if holds ~= ARGV[1] then return holds end
for i = 2, #KEYS do
  redis.call('HSET', KEYS[i], 'ownerId', ARGV[2], 'generation', ARGV[1], 'outcome', ARGV[i + 2])
  redis.call('EXPIRE', KEYS[i], ARGV[3])
end
return holds`;

/**
 * Keeps the order in which entities came, and the sum of their sizes.
 *
 * KEYS[1] list of '<id> <bytes>', the oldest first  KEYS[2] sum of the bytes
 * ARGV[1] budget in bytes  ARGV[2] lifetime in seconds  ARGV[3] bytes that came, in all  ARGV[4..] what came
 * Returns the ids that must go.
 */
export const ringScript = `
local sum = tonumber(redis.call('GET', KEYS[2]) or '0') + tonumber(ARGV[3])
redis.call('RPUSH', KEYS[1], unpack(ARGV, 4))
local over = {}
while sum > tonumber(ARGV[1]) do
  local oldest = redis.call('LPOP', KEYS[1])
  if not oldest then sum = 0 break end
  local id, bytes = string.match(oldest, '^(.*) (%d+)$')
  sum = sum - tonumber(bytes)
  over[#over + 1] = id
end
redis.call('SET', KEYS[2], sum, 'EX', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return over`;
