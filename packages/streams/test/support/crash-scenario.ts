import { PermanentError, type ConsumerOptions, type Streams } from '../../src/index.ts';
import { numbered, type Numbered } from './streams.ts';

export const jobs = numbered('jobs');
export const results = numbered('results');

/** One message of every fate: plainly done, done with a result, done after a retry, dead with last words. */
export const publishEveryFate = async (streams: Streams): Promise<void> => {
  await streams.publisher(jobs).publishMany([1, 2, 3, 4].map((n) => ({ payload: { n } })));
};

/** Handler runs until nothing is left to do, where nobody is killed. */
export const runsInAll = 5;
/** The results there must be in the end, whoever was killed when. */
export const expectedResults = [2, 3, 4];

const emit = (n: number) => [{ topic: results, payload: { n } }];

export const everyFate: Omit<ConsumerOptions<Numbered>, 'handler'> & {
  readonly handler: ConsumerOptions<Numbered>['handler'];
} = {
  group: 'g',
  concurrency: 2,
  leaseMs: 400,
  // A walk through all points kills often; what this many deliveries mean has a test of its own.
  maxDeliveries: 5,
  backoff: { baseMs: 1, maxMs: 5 },
  handler: async ({ payload: { n }, attempt }) => {
    switch (n) {
      case 1:
        return { kind: 'done' };
      case 2:
        return { kind: 'done', emit: emit(n) };
      case 3:
        return attempt === 1
          ? { kind: 'retry', error: new Error('once more'), afterMs: 1 }
          : { kind: 'done', emit: emit(n) };
      default:
        throw new PermanentError('never');
    }
  },
  onDead: ({ message }) => emit(message.payload?.n ?? -1),
};
