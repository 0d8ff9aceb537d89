import { DomainError, taskSubmissionSchema, type Json } from '@backend2/contracts';
import test from 'ava';
import fc from 'fast-check';
import { acceptSubmission } from '../src/domain/accept-submission.ts';
import { axesOf, cellsOf, coordinatesOf, ordinalOf, positionOf, valuesOf } from '../src/domain/axes.ts';
import { compileTemplate } from '../src/domain/template.ts';

const limits = { maxSubtasks: 100_000, offered: { 'echo.run': [] } };
const submission = (parts: Record<string, unknown>) =>
  taskSubmissionSchema.parse({ name: 'a sweep', kind: 'echo.run', input: {}, ...parts });
const issuesOf = (parts: Record<string, unknown>): Record<string, string> => {
  try {
    acceptSubmission(submission(parts), limits);
  } catch (error) {
    if (error instanceof DomainError) {
      return Object.fromEntries((error.details.issues ?? []).map(({ path, message }) => [path, message]));
    }
    throw error;
  }
  return {};
};

test('a placeholder alone keeps the type of its value, one inside text becomes text', (t) => {
  const render = compileTemplate({
    steps: '{{steps}}',
    label: 'at {{steps}} of {{ on }}',
    list: [['{{on}}']],
    same: 1,
  });
  t.deepEqual(render({ steps: 20, on: true }), {
    steps: 20,
    label: 'at 20 of true',
    list: [[true]],
    same: 1,
  });
});

test('a backslash keeps braces as they stand', (t) => {
  t.is(compileTemplate('a \\{{name}} and {{name}}')({ name: 'b' }), 'a {{name}} and b');
});

test('cells are numbered in row-major order with the batch fastest', (t) => {
  const { axes, variables, total } = acceptSubmission(
    submission({
      input: ['{{a}}', '{{b}}'],
      variables: [
        { name: 'a', values: [1, 2] },
        { name: 'b', values: ['x', 'y', 'z'] },
      ],
      batchSize: 2,
    }),
    limits,
  );
  t.is(total, 12);
  t.deepEqual(coordinatesOf(axes, 0), { a: 0, b: 0, batch: 0 });
  t.deepEqual(coordinatesOf(axes, 1), { a: 0, b: 0, batch: 1 });
  t.deepEqual(coordinatesOf(axes, 2), { a: 0, b: 1, batch: 0 });
  t.deepEqual(valuesOf(variables, axes, 11), { a: 2, b: 'z' });
});

test('zipped variables advance together as one axis', (t) => {
  const { axes, variables, total } = acceptSubmission(
    submission({
      input: ['{{w}}', '{{h}}', '{{s}}'],
      variables: [
        { name: 'w', values: [1, 2], zip: 'size' },
        { name: 's', values: ['a', 'b'] },
        { name: 'h', values: [10, 20], zip: 'size' },
      ],
    }),
    limits,
  );
  t.is(total, 4);
  t.deepEqual(
    axes.map(({ name }) => name),
    ['size', 's'],
  );
  t.deepEqual(valuesOf(variables, axes, 2), { w: 2, s: 'a', h: 20 });
});

test('ranges give tidy numbers with both ends', (t) => {
  const values = (range: Record<string, number>): Json[] | undefined =>
    acceptSubmission(submission({ input: '{{v}}', variables: [{ name: 'v', range }] }), limits).variables[0]
      ?.values;
  t.deepEqual(values({ from: 0, to: 0.3, step: 0.1 }), [0, 0.1, 0.2, 0.3]);
  t.deepEqual(values({ from: 10, to: 1, step: -3 }), [10, 7, 4, 1]);
  t.deepEqual(values({ from: 0, to: 1, count: 5 }), [0, 0.25, 0.5, 0.75, 1]);
  t.deepEqual(values({ from: 3, to: 9, count: 1 }), [3]);
});

test('every problem of a submission is told at once, each at its path', (t) => {
  const issues = issuesOf({
    kind: 'image.unknown',
    input: { prompt: '{{styl}}', other: '{{not a name}}' },
    variables: [
      { name: 'style', values: ['a'] },
      { name: 'style', values: ['b'] },
      { name: 'batch', values: [1] },
      { name: 'w', values: [1, 2], zip: 'size' },
      { name: 'h', values: [1, 2, 3], zip: 'size' },
      { name: 'r', range: { from: 1, to: 5, step: -1 } },
      { name: 'many', range: { from: 0, to: 1000, step: 1 } },
    ].slice(0, 6),
  });
  t.deepEqual(
    Object.keys(issues).toSorted(),
    [
      '/input/other',
      '/input/prompt',
      '/kind',
      '/variables/0',
      '/variables/1',
      '/variables/1/name',
      '/variables/2',
      '/variables/2/name',
      '/variables/3',
      '/variables/4',
      '/variables/5',
      '/variables/5/range',
    ].toSorted(),
  );
  t.regex(issues['/input/prompt'] ?? '', /names no variable; the variables are style/);
});

test('what a matrix is asked by is no name of a variable or a zip', (t) => {
  const issues = issuesOf({
    input: '{{x}} {{y}} {{v}} {{w}} {{constructor}}',
    variables: [
      { name: 'x', values: [1] },
      { name: 'y', values: [1] },
      { name: 'v', values: [1, 2], zip: 'y' },
      { name: 'w', values: [1, 2], zip: 'batch' },
      { name: 'constructor', values: [1] },
    ],
  });
  t.like(issues, {
    '/variables/0/name':
      '"x" says in the query of a matrix which axis is shown, so no variable can be held by that name',
    '/variables/3/zip': '"batch" is the name of the batch\'s own axis',
  });
  t.deepEqual(Object.keys(issues).toSorted(), [
    '/variables/0/name',
    '/variables/1/name',
    '/variables/2/zip',
    '/variables/3/zip',
  ]);
});

test('too many cells are refused with both figures', (t) => {
  const values = Array.from({ length: 100 }, (_, i) => i);
  const issues = issuesOf({
    input: '{{a}} {{b}} {{c}}',
    variables: ['a', 'b', 'c'].map((name) => ({ name, values })),
  });
  t.deepEqual(issues, { '/variables': 'make 1,000,000 subtasks; 100,000 are allowed at the most' });
});

test('a value of the wrong type is blamed on the value, not on the template', (t) => {
  const issues = issuesOf({
    kind: 'image.generate',
    input: { prompts: [{ value: '{{subject}}' }], seed: '{{seed}}', ratio: '16:nine' },
    variables: [
      { name: 'subject', values: ['a cat', 7] },
      { name: 'seed', values: ['one', 2, -3] },
    ],
  });
  t.deepEqual(Object.keys(issues).toSorted(), [
    '/input/ratio',
    '/variables/0/values/1',
    '/variables/1/values/0',
    '/variables/1/values/2',
  ]);
});

test('keys that become the same in some cell are refused', (t) => {
  const issues = issuesOf({
    input: { '{{k}}': 1, size: 2 },
    variables: [{ name: 'k', values: ['width', 'size'] }],
  });
  t.deepEqual(issues, { '/input': 'two keys become the same in subtask 1' });
});

test("position and ordinal are each other's inverse for any axes", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 0, maxLength: 6 }),
        fc.nat(),
        (lengths, seed) => {
          const axes = lengths.map((length, i) => ({ name: `v${i}`, variables: [`v${i}`], length }));
          const ordinal = seed % cellsOf(axes);
          const position = positionOf(axes, ordinal);
          return (
            ordinalOf(axes, position) === ordinal &&
            position.every((index, i) => index >= 0 && index < (lengths[i] ?? 0))
          );
        },
      ),
    ),
  );
});

test('every combination of values appears exactly batchSize times', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 3 }),
        (lengths, batchSize) => {
          const variables = lengths.map((length, i) => ({
            name: `v${i}`,
            values: Array.from({ length }, (_, value) => value),
          }));
          const axes = axesOf(variables, batchSize);
          const seen = new Map<string, number>();
          for (let ordinal = 0; ordinal < cellsOf(axes); ordinal += 1) {
            const key = JSON.stringify(valuesOf(variables, axes, ordinal));
            seen.set(key, (seen.get(key) ?? 0) + 1);
          }
          return (
            seen.size === lengths.reduce((product, length) => product * length, 1) &&
            [...seen.values()].every((count) => count === batchSize)
          );
        },
      ),
    ),
  );
});
