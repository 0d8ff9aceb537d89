import type { Mutation } from '../mutation.ts';

const leases = 'test/leases.test.ts';
const reclaimed = 'test/reclaimed.test.ts';
const model = { file: 'test/model.test.ts', title: 'whatever happens in whatever order*' };

/** Leases, claims, and what a consumer leaves behind. */
export const leaseMutations: readonly Mutation[] = [
  {
    breaks: 'a lease is renewed while its handler runs',
    file: 'src/lease-keeper.ts',
    find: 'this.#timer = setInterval(() => void this.#renew(), Math.max(1, Math.floor(this.#options.leaseMs / 3)));',
    replace: '',
    test: { file: leases, title: 'Field note 5*' },
  },
  {
    breaks: 'a renewal is not counted as a delivery',
    file: 'src/lua/renew-1.lua',
    find: "ours[#ours + 1] = 'JUSTID'",
    replace: '',
    test: model,
  },
  {
    breaks: 'a renewal leaves alone what another consumer holds by now',
    file: 'src/lua/renew-1.lua',
    find: "if #redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2]) > 0 then",
    replace: 'if true then',
    test: model,
  },
  {
    breaks: 'what a killed consumer held is claimed after its lease',
    file: 'src/lua/tick-2.lua',
    find: 'if owner ~= consumer then',
    replace: 'if false then',
    test: { file: 'test/crash.test.ts', title: 'Field note 3*' },
  },
  {
    breaks: 'a consumer does not claim what it runs itself',
    file: 'src/lua/tick-2.lua',
    find: 'if owner ~= consumer then',
    replace: 'if true then',
    test: model,
  },
  {
    breaks: 'a retry or a death counts only from the holder of the entry',
    file: 'src/lua/settle-3.lua',
    find: "return #redis.call('XPENDING', stream, group, id, id, 1, consumer) > 0",
    replace: 'return true',
    test: model,
  },
  {
    breaks: 'a run hears that its lease is lost',
    file: 'src/stream-consumer.ts',
    find: 'run.abort(new LeaseLostError());',
    replace: '',
    test: { file: leases, title: 'of a consumer whose event loop stood still*' },
  },
  {
    breaks: 'a stale run’s retry does not count where its entry has come back',
    file: 'src/stream-consumer.ts',
    find: " || (run.lost && outcome.kind !== 'done')",
    replace: '',
    test: { file: reclaimed, title: 'of an entry that was lost and came back*' },
  },
  {
    breaks: 'a run hears that its entry was another’s meanwhile and has come back',
    file: 'src/group-reader.ts',
    find: 'onLost(entries.map(({ entryId }) => entryId));',
    replace: '',
    test: { file: reclaimed, title: 'of an entry that was lost and came back*' },
  },
  {
    breaks: 'a stopping consumer hands back what it cannot finish',
    file: 'src/stream-consumer.ts',
    find: 'await Promise.all(this.#holds.map((hold) => hold.leave()));',
    replace: '',
    test: { file: leases, title: 'Field note 12*' },
  },
  {
    breaks: 'what was handed back is free at once',
    file: 'src/lua/leave-1.lua',
    find: "'TIME', 0, ",
    replace: '',
    test: { file: leases, title: 'Field note 12*' },
  },
  {
    breaks: 'what was handed back has its delivery uncounted',
    file: 'src/lua/leave-1.lua',
    find: 'math.max(entry[4] - 1, 0)',
    replace: 'entry[4]',
    test: { file: leases, title: 'Field note 12*' },
  },
  {
    breaks: 'a consumer that leaves takes its name with it',
    file: 'src/lua/leave-1.lua',
    find: "redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])",
    replace: '',
    test: { file: leases, title: 'Field note 10*' },
  },
  {
    breaks: 'names of consumers that are gone are removed',
    file: 'src/group-reader.ts',
    find: 'if (performance.now() >= this.#nextReapAt) await this.#reap();',
    replace: '',
    test: { file: leases, title: 'Field note 10*' },
  },
  {
    breaks: 'no name is removed while it has pending entries',
    file: 'src/lua/reap-1.lua',
    find: 'at.pending == 0 and ',
    replace: '',
    test: { file: leases, title: 'Field note 10*' },
  },
  {
    breaks: 'names are removed in batches',
    file: 'src/lua/reap-1.lua',
    find: 'if removed == most then break end',
    replace: '',
    test: { file: 'test/bounds.test.ts', title: 'names of consumers that are gone*' },
  },
  {
    breaks: 'no more is claimed at once than there is room for',
    file: 'src/lua/tick-2.lua',
    find: `        take = true
        room = room - 1
      elseif`,
    replace: `        take = true
      elseif`,
    test: { file: 'test/bounds.test.ts', title: 'a look for expired entries*' },
  },
];
