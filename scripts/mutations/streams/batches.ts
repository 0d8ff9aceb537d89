import type { Mutation } from '../mutation.ts';

const batches = 'test/batches.test.ts';

/** The batch form. */
export const batchMutations: readonly Mutation[] = [
  {
    breaks: 'the leases of a batch are renewed',
    file: 'src/batch-consumer.ts',
    find: 'renewing: () => this.#idsOf(partition, ({ lost }) => !lost),',
    replace: 'renewing: () => [],',
    test: { file: batches, title: 'a batch slower than several leases*' },
  },
  {
    breaks: 'the leases of a batch are renewed while its outcomes are on their way',
    file: 'src/batch-consumer.ts',
    find: 'renewing: () => this.#idsOf(partition, ({ lost }) => !lost),',
    replace: 'renewing: () => this.#idsOf(partition, ({ settling }) => !settling),',
    test: { file: 'test/settling.test.ts', title: 'what a batchConsumer has finished*' },
  },
  {
    breaks: 'a batch consumer that stops hands its batch back',
    file: 'src/batch-consumer.ts',
    find: 'await Promise.all(this.#holds.map((hold) => hold.leave()));',
    replace: '',
    test: { file: batches, title: 'a batch slower than several leases*' },
  },
  {
    breaks: 'a message that breaks its batch is found and dies alone',
    file: 'src/batch-consumer.ts',
    find: 'if (error instanceof PermanentError) return this.#isolate(live, error, performance.now() - startedAt);',
    replace: '',
    test: { file: batches, title: 'a message that cannot be handled is found*' },
  },
  {
    breaks: 'what was in a lost consumer’s hands goes alone',
    file: 'src/batch-consumer.ts',
    find: 'this.#waiting.findIndex(({ entry }) => entry.delivery > 1)',
    replace: '-1',
    test: { file: batches, title: 'what a lost consumer had in hand*' },
  },
  {
    breaks: 'an entry past its deliveries is buried and in no batch',
    file: 'src/batch-consumer.ts',
    find: 'if (!slotted) {',
    replace: 'if (false) {',
    test: { file: batches, title: 'what a lost consumer had in hand*' },
  },
  {
    breaks: 'a batch hears that it lost a message, and goes on without',
    file: 'src/batch-consumer.ts',
    find: 'held.lost = true;',
    replace: '',
    test: { file: 'test/reclaimed.test.ts', title: '*goes on without that one' },
  },
  {
    breaks: 'a batch is not cut off for a message that waits for its turn',
    file: 'src/batch-consumer.ts',
    find: 'if (this.#batch?.messages.includes(held)) this.#batch.controller',
    replace: 'if (this.#batch) this.#batch.controller',
    test: { file: 'test/observed.test.ts', title: 'a batch does not hear*' },
  },
  {
    breaks: 'the slot of a message that a batch lost is given back',
    file: 'src/batch-consumer.ts',
    find: `this.#forget(held);
    this.#slots.give(1);`,
    replace: 'this.#forget(held);',
    test: { file: 'test/reclaimed.test.ts', title: '*has its slot for what comes next' },
  },
];
