import { readFileSync } from 'node:fs';
import test from 'ava';
import { mutated, type Mutation } from '../mutation.ts';
import { streamMutations } from '../streams/index.ts';
import { verdictOf } from '../verdict.ts';

const mutation: Mutation = {
  breaks: 'two and two are four',
  file: 'src/sum.ts',
  find: 'a + b',
  replace: 'a - b',
  test: { file: 'test/sum.test.ts', title: 'sums' },
};

test('a mutation replaces what stands there once, and refuses a text that is gone or there twice', (t) => {
  t.is(mutated('return a + b;', mutation), 'return a - b;');
  t.throws(() => mutated('return a * b;', mutation), { message: /src\/sum\.ts has 0 times/ });
  t.throws(() => mutated('a + b, a + b', mutation), { message: /src\/sum\.ts has 2 times/ });
});

test('every mutation of the stream engine finds its text', (t) => {
  const root = new URL('../../../packages/streams/', import.meta.url);
  for (const each of streamMutations) {
    const source = readFileSync(new URL(each.file, root), 'utf8');
    t.notThrows(() => mutated(source, each));
  }
});

const failed = (details: string): string =>
  `TAP version 13\nnot ok 1 - sums\n  ---\n${details}  ...\n\n1..1\n`;
const rejected = (message: string): string =>
  failed(
    `    name: AssertionError\n    details:\n      'Rejected promise returned by test. Reason:': |-\n        Error {\n          message: '${message}',\n        }\n    message: Rejected promise returned by test\n`,
  );

for (const [what, output, kind] of [
  ['passes', 'ok 1 - sums\n\n1..1\n', 'survived'],
  ['fails by an assertion', failed('    name: AssertionError\n    assertion: t.is()\n'), 'noticed'],
  ['waits in vain and says for what', rejected('the sum did not come true within 10 ms; last: 0'), 'noticed'],
  [
    'waits in vain for an item with a name',
    rejected('a sum 2 did not arrive within 10 ms; 1 did'),
    'noticed',
  ],
  ['waits in vain', rejected('the condition did not come true within 10 ms; last: 0'), 'unclear'],
  ['waits in vain for any item', rejected('item 2 did not arrive within 10 ms; 1 did'), 'unclear'],
  ['throws something else', rejected('sum is not a function'), 'unclear'],
  ['is not there', 'TAP version 13\n\n1..0\n', 'unclear'],
] as const) {
  test(`a mutant whose test ${what} is ${kind}`, (t) => {
    t.is(verdictOf({ output, cutOff: false }).kind, kind);
  });
}

test('a mutant whose test tells nothing until it is cut off is hung, and one that told before is not', (t) => {
  t.is(verdictOf({ output: 'TAP version 13\n', cutOff: true }).kind, 'hung');
  t.is(verdictOf({ output: failed('    assertion: t.is()\n'), cutOff: true }).kind, 'noticed');
});
