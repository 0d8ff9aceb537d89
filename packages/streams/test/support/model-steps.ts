import fc from 'fast-check';
import type { How } from './stream-model.ts';

const who = fc.constantFrom('a', 'b', 'c');
const how = fc.constantFrom<How>('d', 'd', 'r', 'r0', 'x');
const fewest = (most: number) => fc.integer({ min: 1, max: most });
/** Redis has carried it out, and the one who asked never hears. */
const unheard = fc.integer({ min: 0, max: 4 }).map((drawn) => drawn === 4);

const one = <D extends string>(does: D) => fc.constant(does);

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: one('publish'),
      count: fewest(3),
      delayed: fc.boolean(),
      remembered: fc.boolean(),
    }),
  },
  fc.record({ do: one('publish again') }),
  { weight: 6, arbitrary: fc.record({ do: one('read'), who, count: fewest(2), unheard }) },
  { weight: 3, arbitrary: fc.record({ do: one('stall'), who }) },
  { weight: 2, arbitrary: fc.record({ do: one('renew'), who }) },
  { weight: 4, arbitrary: fc.record({ do: one('tick'), who, unheard }) },
  { weight: 2, arbitrary: fc.record({ do: one('recover'), who, most: fewest(2) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: one('settle'),
      who,
      hows: fc.array(how, { minLength: 1, maxLength: 3 }),
      newestFirst: fc.boolean(),
      unheard,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: one('ack'), who, count: fewest(3), unheard }) },
  fc.record({ do: one('leave'), who }),
  fc.record({ do: one('reap') }),
  { weight: 2, arbitrary: fc.record({ do: one('time passes') }) },
  fc.record({ do: one('redrive'), all: fc.boolean() }),
  fc.record({ do: one('flush') }),
);

export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Long enough for a third delivery: that takes a stall and a claim twice over. */
export const history = fc.array(step, { minLength: 5, maxLength: 60, size: 'max' });

export const told = (taken: Step): string =>
  Object.entries(taken)
    .map(([name, value]) => (typeof value === 'boolean' ? (value ? name : '') : String(value)))
    .filter((word) => word !== '')
    .join(' ');
