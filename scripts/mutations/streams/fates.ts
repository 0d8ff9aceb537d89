import type { Mutation } from '../mutation.ts';

const consume = 'test/consume.test.ts';
const deadLetters = 'test/dead-letters.test.ts';
const leases = 'test/leases.test.ts';
const outOfMemory = { file: 'test/loss.test.ts', title: 'Field note 4*' };
const retries = 'test/retries.test.ts';
const suspects = 'test/suspects.test.ts';
const settling = 'test/settling.test.ts';

/** Retries, delays, dead letters: what becomes of a message that is not simply done. */
export const fateMutations: readonly Mutation[] = [
  {
    breaks: 'a retry waits beside the stream',
    file: 'src/stream-consumer.ts',
    find: 'delayMs: Math.max(0, Math.ceil(delayMs)),',
    replace: 'delayMs: 0,',
    test: { file: retries, title: 'as many retries as one likes*' },
  },
  {
    breaks: 'delays are spread by full jitter',
    file: 'src/backoff.ts',
    find: 'Math.random()',
    replace: '0.99',
    test: { file: retries, title: 'as many retries as one likes*' },
  },
  {
    breaks: 'the ceiling of a delay doubles with each attempt',
    file: 'src/backoff.ts',
    find: '2 ** Math.min(attempt - 1, 30)',
    replace: '1',
    test: { file: retries, title: 'the ceiling of a backoff*' },
  },
  {
    breaks: 'an entry past its deliveries is buried and not run',
    file: 'src/stream-consumer.ts',
    find: 'if (!this.#holdsSlot(entry)) {',
    replace: 'if (false) {',
    test: { file: leases, title: 'an entry that kills its consumers*' },
  },
  {
    breaks: 'an entry past its deliveries is claimed without a slot',
    file: 'src/lua/tick-2.lua',
    find: 'if free and delivery <= most then',
    replace: 'if free then',
    test: { file: leases, title: 'an entry past its deliveries is buried by a consumer*' },
  },
  {
    breaks: 'entries on their last delivery are claimed one at a time',
    file: 'src/lua/tick-2.lua',
    find: 'free = suspects > 0',
    replace: 'free = true',
    test: { file: suspects, title: 'of two messages that kill their consumers*' },
  },
  {
    breaks: 'an entry on its last delivery waits until nothing else is in hand',
    file: 'src/slots.ts',
    find: '(this.#held > 0 && !beside)',
    replace: 'false',
    test: { file: suspects, title: 'an entry that is to run by itself waits*' },
  },
  {
    breaks: 'while an entry on its last delivery runs nothing else is begun',
    file: 'src/slots.ts',
    find: 'if (this.#allTaken || this.#wanted > 0) return 0;',
    replace: 'if (this.#wanted > 0) return 0;',
    test: { file: suspects, title: 'an entry on its last delivery runs beside no other*' },
  },
  {
    breaks: 'nothing more is read once an entry on its last delivery waits',
    file: 'src/slots.ts',
    find: 'if (this.#allTaken || this.#wanted > 0) return 0;',
    replace: 'if (this.#allTaken) return 0;',
    test: { file: suspects, title: 'an entry that is to run by itself waits*' },
  },
  {
    breaks: 'a handler that hangs keeps no entry on its last delivery waiting for ever',
    file: 'src/suspect-turn.ts',
    find: 'performance.now() >= waiting.patientUntil',
    replace: 'false',
    test: { file: suspects, title: 'an entry that is to run by itself waits*' },
  },
  {
    breaks: 'an entry whose last delivery was lost on its way waits for its turn',
    file: 'src/lua/recover-1.lua',
    find: 'delivery == last and delivery > 1',
    replace: 'false',
    test: { file: suspects, title: 'an entry whose last delivery*' },
  },
  {
    breaks: 'reading goes on where others took the entry that was to run by itself',
    file: 'src/suspect-turn.ts',
    find: `this.#slots.leaveAll();
        this.#slots.give(1);`,
    replace: '',
    test: { file: suspects, title: 'where others took the entry*' },
  },
  {
    breaks: 'reading goes on after an entry on its last delivery',
    file: 'src/stream-consumer.ts',
    find: `this.#slots.settle();
    if (run.suspect) this.#slots.leaveAll();`,
    replace: 'this.#slots.settle();',
    test: { file: suspects, title: 'an entry on its last delivery runs beside no other*' },
  },
  {
    breaks: 'the last attempt that fails is the death of a message',
    file: 'src/stream-consumer.ts',
    find: 'if (run.message.attempt >= run.message.maxAttempts) {',
    replace: 'if (false) {',
    test: { file: consume, title: 'an error uses up an attempt*' },
  },
  {
    breaks: 'a permanent error is not tried again',
    file: 'src/stream-consumer.ts',
    find: "error instanceof PermanentError ? { kind: 'dead', error } : ",
    replace: '',
    test: { file: consume, title: 'a permanent error dead-letters at once*' },
  },
  {
    breaks: 'a message carries the errors of all its attempts',
    file: 'src/envelope.ts',
    find: '[...head.history, { attempt',
    replace: '[{ attempt',
    test: { file: consume, title: 'an error uses up an attempt*' },
  },
  {
    breaks: 'a redriven message keeps its history',
    file: 'src/stream-dead-letters.ts',
    find: 'encodeCore({ ...head, attempt: 1, history })',
    replace: 'encodeCore({ ...head, attempt: 1, history: [] })',
    test: { file: deadLetters, title: 'a dead letter goes back as a first attempt*' },
  },
  {
    breaks: 'a letter that two put back goes back once',
    file: 'src/lua/redrive-2.lua',
    find: "if redis.call('XDEL', KEYS[2], ARGV[i]) == 1 then",
    replace: "redis.call('XDEL', KEYS[2], ARGV[i])\n  if true then",
    test: { file: deadLetters, title: 'a letter that two put back at once*' },
  },
  {
    breaks: 'a message is promoted once',
    file: 'src/lua/tick-2.lua',
    find: "redis.call('ZREM', delayed, member)",
    replace: '',
    test: { file: 'test/loss.test.ts', title: 'delayed messages and waiting retries outlive*' },
  },
  {
    breaks: 'delayed messages are promoted by a server that is out of memory',
    file: 'src/lua/tick-2.lua',
    find: `  redis.call('ZREM', delayed, member)
  redis.call('XADD', stream, '*', 'm', '@' .. published .. ',' .. due[i + 1] .. ';' .. string.sub(member, a + 1))
`,
    replace: `  redis.call('XADD', stream, '*', 'm', '@' .. published .. ',' .. due[i + 1] .. ';' .. string.sub(member, a + 1))
  redis.call('ZREM', delayed, member)
`,
    test: outOfMemory,
  },
  {
    breaks: 'a retry is taken by a server that is out of memory',
    file: 'src/lua/settle-3.lua',
    find: `      redis.call('XACK', stream, group, id)
      local delay = tonumber(ARGV[first])
      if delay > 0 then
        redis.call('ZADD', KEYS[2], now + delay,
          id .. ';' .. ARGV[first + 1] .. '\\n' .. ARGV[first + 2])
`,
    replace: `      local delay = tonumber(ARGV[first])
      if delay > 0 then
        redis.call('ZADD', KEYS[2], now + delay,
          id .. ';' .. ARGV[first + 1] .. '\\n' .. ARGV[first + 2])
        redis.call('XACK', stream, group, id)
`,
    test: outOfMemory,
  },
  {
    breaks: 'a death is taken by a server that is out of memory',
    file: 'src/lua/settle-3.lua',
    find: `      redis.call('XACK', stream, group, id)
      redis.call('XADD', KEYS[3], '*', '@', ARGV[first], 'h', ARGV[first + 1], 'p', ARGV[first + 2],
        'r', ARGV[first + 3], 'e', ARGV[first + 4], 'y', ARGV[first + 5])
`,
    replace: `      redis.call('XADD', KEYS[3], '*', '@', ARGV[first], 'h', ARGV[first + 1], 'p', ARGV[first + 2],
        'r', ARGV[first + 3], 'e', ARGV[first + 4], 'y', ARGV[first + 5])
      redis.call('XACK', stream, group, id)
`,
    test: outOfMemory,
  },
  {
    breaks: 'that a handler says done after its time is over does not undo that',
    file: 'src/stream-consumer.ts',
    find: "if (run.timeout) outcome = { kind: 'retry', error: run.timeout };",
    replace: '',
    test: { file: consume, title: 'a message past its timeout*' },
  },
  {
    breaks: 'a handler past its timeout loses its slot',
    file: 'src/time-limits.ts',
    find: 'this.#cutOff(run, run.timeout);',
    replace: '',
    test: { file: consume, title: 'a handler that ignores its timeout*' },
  },
  {
    breaks: 'an emit that Redis refuses leaves the message where it is',
    file: 'src/lua/settle-3.lua',
    find: "if kind ~= 'none' and kind ~= (k == 2 and 'zset' or 'stream') then",
    replace: 'if false then',
    test: { file: settling, title: 'what a message emits and Redis refuses*' },
  },
  {
    breaks: 'an emit that Redis refuses holds up no other message',
    file: 'src/settler.ts',
    find: "if (batch.length > 1 && isWrongType(error)) return 'apart';",
    replace: '',
    test: { file: settling, title: 'what a message emits and Redis refuses*' },
  },
  {
    breaks: 'whatever a handler throws is told as a text',
    file: 'src/envelope.ts',
    find: "return 'What was thrown cannot be told as a text.';",
    replace: 'throw error;',
    test: { file: settling, title: 'what cannot be told as a text is a failure*' },
  },
];
