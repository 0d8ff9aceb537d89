import { PermanentError, type ConsumerOptions, type Streams } from '../../src/index.ts';
import { numbered, type Numbered } from './streams.ts';

export const jobs = numbered('jobs');
export const results = numbered('results');

/** So many of each fate that the consumer reads on while it runs the first. */
const ofEach = 3;
const numbers = Array.from({ length: 4 * ofEach }, (_, index) => index + 1);
const fateOf = (n: number): number => n % 4;

/** Messages of every fate: plainly done, done with a result, done after a retry, dead with last words. */
export const publishEveryFate = async (streams: Streams): Promise<void> => {
  await streams.publisher(jobs).publishMany(numbers.map((n) => ({ payload: { n } })));
};

/** Handler runs until nothing is left to do, where nobody is killed. */
export const runsInAll = 5 * ofEach;
/** The results there must be in the end, whoever was killed when. */
export const expectedResults = numbers.filter((n) => fateOf(n) !== 1);
export const expectedDead = numbers.filter((n) => fateOf(n) === 0);

const emit = (n: number) => [{ topic: results, payload: { n } }];

export const everyFate: Omit<ConsumerOptions<Numbered>, 'handler'> & {
  readonly handler: ConsumerOptions<Numbered>['handler'];
} = {
  group: 'g',
  concurrency: 8,
  leaseMs: 400,
  // A walk through all points kills often; what this many deliveries mean has a test of its own.
  maxDeliveries: 5,
  backoff: { baseMs: 1, maxMs: 5 },
  handler: async ({ payload: { n }, attempt }) => {
    switch (fateOf(n)) {
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
