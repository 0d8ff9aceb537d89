import type { Mutation } from '../mutation.ts';

const batcher = 'test/batcher.test.ts';
const slots = 'test/slots.test.ts';

/** How much is in hand, whose turn it is, and what comes back. */
export const flowMutations: readonly Mutation[] = [
  {
    breaks: 'never more is read than slots are free',
    file: 'src/slots.ts',
    find: 'Math.max(0, Math.min(most, free))',
    replace: 'most',
    test: { file: 'test/consume.test.ts', title: 'never more messages are read*' },
  },
  {
    breaks: 'a read beside another has slots of its own',
    file: 'src/group-reader.ts',
    find: `await new Promise(setImmediate);
          ask(slots.take(this.#halfShare()));`,
    replace: 'ask(this.#halfShare());',
    test: { file: 'test/consume.test.ts', title: 'never more messages are read*' },
  },
  {
    breaks: 'no partition takes all slots at once',
    file: 'src/partition-hold.ts',
    find: 'share: () => Math.ceil(slots.size / partitions),',
    replace: 'share: () => slots.size,',
    test: { file: 'test/partitions.test.ts', title: 'a consumer of slow handlers takes a share*' },
  },
  {
    breaks: 'partitions that wait for slots have them in turn',
    file: 'src/slots.ts',
    find: 'for (const waiter of waiters) waiter();',
    replace: 'for (const waiter of [...waiters].reverse()) waiter();',
    test: { file: slots, title: '*woken by one that is given back*' },
  },
  {
    breaks: 'the slot of a run that was lost is given back',
    file: 'src/stream-consumer.ts',
    find: `if (!slotGiven) {
      this.#slots.give(1);`,
    replace: 'if (!slotGiven) {',
    test: { file: 'test/reclaimed.test.ts', title: 'of an entry that was lost and came back*' },
  },
  {
    breaks: 'a slow Redis stops the reading',
    file: 'src/slots.ts',
    find: '2 * this.#size - this.#held - this.#settling',
    replace: 'Infinity',
    test: { file: slots, title: 'as many messages as there are slots*' },
  },
  {
    breaks: 'whoever waits for a slot is woken by one that is given back',
    file: 'src/slots.ts',
    find: 'this.#held -= count;\n    this.wake();',
    replace: 'this.#held -= count;',
    test: { file: slots, title: '*woken by one that is given back*' },
  },
  {
    breaks: 'a wait for slots that ran out is forgotten',
    file: 'src/slots.ts',
    find: 'this.#waiters.delete(wake);',
    replace: '',
    test: { file: slots, title: 'a wait that ran out is forgotten*' },
  },
  {
    breaks: 'of a flood each item goes once',
    file: 'src/batcher.ts',
    find: 'this.#gone = 0;',
    replace: '',
    test: { file: batcher, title: 'of a flood each item goes once*' },
  },
  {
    breaks: 'what was handed back counts as waiting',
    file: 'src/inspector.ts',
    find: ' + released',
    replace: '',
    test: { file: 'test/leases.test.ts', title: 'a consumer that leaves with more than a batch*' },
  },
  {
    breaks: 'the oldest that waits is in nobody’s hands',
    file: 'src/lua/inspect-3.lua',
    find: "firstFrom('(' .. of['last-delivered-id'])",
    replace: 'oldest',
    test: { file: 'test/inspect.test.ts', title: 'the oldest that waits*' },
  },
  {
    breaks: 'what was handed back is among what waits the oldest',
    file: 'src/lua/inspect-3.lua',
    find: 'back[1] and back[1][1] or ',
    replace: '',
    test: { file: 'test/inspect.test.ts', title: 'the oldest that waits*' },
  },
  {
    breaks: 'an observer hears the time of the handler and not of the settling',
    file: 'src/batch-consumer.ts',
    find: 'outcome: what.op, waitMs, runMs }',
    replace: 'outcome: what.op, waitMs, runMs: runMs + performance.now() }',
    test: { file: 'test/observed.test.ts', title: 'how long a message ran in a batchConsumer*' },
  },
  {
    breaks: 'a lone outcome waits for no company',
    file: 'src/batcher.ts',
    find: 'if (this.#held || this.#scheduled || this.#inFlight >= this.#inFlightMost) return;',
    replace: 'if (this.#held || this.#scheduled || this.#waiting.length < this.#most) return;',
    test: { file: batcher, title: 'at a trickle an outcome goes out at once*' },
  },
  {
    breaks: 'what comes while batches are under way shares the next',
    file: 'src/batcher.ts',
    find: 'while (!this.#held && this.#left > 0 && this.#inFlight < this.#inFlightMost) {',
    replace: 'while (this.#left > 0) {',
    test: { file: batcher, title: 'a lone item goes at the end of the turn*' },
  },
];
