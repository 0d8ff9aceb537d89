import type { Mutation } from '../mutation.ts';

const clockAhead = { file: 'test/clocks.test.ts', title: 'a process whose clock is a day ahead*' };
const consume = 'test/consume.test.ts';
const publish = 'test/publish.test.ts';

/** What is written, when by, and in one step with what. */
export const publishingMutations: readonly Mutation[] = [
  {
    breaks: 'a full stream refuses plain messages',
    file: 'src/lua/append-2.lua',
    find: 'if most > 0 then',
    replace: 'if false then',
    test: { file: publish, title: 'a stream at its maxLength*' },
  },
  {
    breaks: 'a full stream refuses delayed messages',
    file: 'src/lua/publish-2.lua',
    find: 'if room < 1 then break end',
    replace: '',
    test: { file: publish, title: 'a stream at its maxLength*' },
  },
  {
    breaks: 'a key is remembered, so that a second publish writes nothing',
    file: 'src/lua/publish-2.lua',
    find: "if memory > 0 then redis.call('SET', KEYS[memory], ARGV[i + 4], 'PX', ARGV[i + 3]) end",
    replace: '',
    test: { file: publish, title: 'a second publish with the same key*' },
  },
  {
    breaks: 'waiting is measured by the time of Redis',
    file: 'src/stream-consumer.ts',
    find: '(clock.at(run.startedAt) ?? head.dueAt) - head.dueAt',
    replace: 'Date.now() - head.dueAt',
    test: clockAhead,
  },
  {
    breaks: 'the deadline of a call is measured by the time of Redis',
    file: 'src/rpc-server.ts',
    find: '(consumer.redisNow() ?? publishedAt)',
    replace: 'Date.now()',
    test: clockAhead,
  },
  {
    breaks: 'of two runs of a message only the first emits',
    file: 'src/lua/settle-3.lua',
    find: `if settled then
      local key`,
    replace: `if true then
      local key`,
    test: { file: consume, title: 'of two consumers that both ran a message*' },
  },
  {
    breaks: 'a message and what it emits are settled in one step',
    file: 'src/engine.ts',
    find: "colocated: options.connection.kind !== 'cluster',",
    replace: 'colocated: false,',
    test: { file: 'test/crash.test.ts', title: 'Field note 3*' },
  },
  {
    breaks: 'in a Cluster what a message emits is appended on the other node',
    file: 'src/settler.ts',
    find: 'if (!this.#engine.colocated) await this.#emitFirst(batch);',
    replace: '',
    test: { file: 'test/cluster.test.ts', title: 'what a message emits stands in a stream*' },
  },
  {
    breaks: 'in a Cluster a death that does not count emits nothing',
    file: 'src/settler.ts',
    find: 'refused.has(item) ? [] : ',
    replace: '',
    test: { file: 'test/cluster.test.ts', title: 'a death that another consumer’s claim forestalled*' },
  },
  {
    breaks: 'in a Cluster only the emit that failed is appended again',
    file: 'src/settler.ts',
    find: 'emit.appended || append()',
    replace: 'append()',
    test: { file: 'test/cluster.test.ts', title: 'of several emits only the one that failed*' },
  },
  {
    breaks: 'a settled message that emitted is deleted',
    file: 'src/lua/settle-3.lua',
    find: "redis.call('XDEL', stream, id)",
    replace: '',
    test: { file: consume, title: 'what a finished message emits*' },
  },
  {
    breaks: 'a finished message is deleted',
    file: 'src/lua/ack-1.lua',
    find: "redis.call('XDEL', KEYS[1], unpack(ids))",
    replace: '',
    test: { file: 'test/inspect.test.ts', title: 'Field note 9*' },
  },
  {
    breaks: 'what a message emits carries its trace',
    file: 'src/outgoing.ts',
    find: 'trace: options?.trace ?? trace,',
    replace: 'trace: options?.trace,',
    test: { file: consume, title: 'what a finished message emits*' },
  },
];
