import test from 'ava';
import type { Json } from '@backend2/contracts';
import { taskSubmissionSchema } from '@backend2/contracts';
import { renderedPrompts } from '../src/matrix/rendered-prompts.ts';
import { checkDraft, issuesAt } from '../src/submission/check-draft.ts';
import { bodyOf, draftOf, emptyVariable } from '../src/submission/draft.ts';
import { examples } from '../src/submission/examples.ts';
import { lineOfPointer } from '../src/submission/locate-pointer.ts';
import { parseValuesText, valuesText } from '../src/submission/values-text.ts';

const draft = draftOf(
  taskSubmissionSchema.parse({
    name: 'A sweep',
    kind: 'image.generate',
    input: { prompts: [{ value: '{{style}}' }] },
    variables: [
      { name: 'style', values: ['ink', '7', 7, true, null, { a: 1 }, ' padded ', ''] },
      { name: 'cfg', range: { from: 1, to: 5, count: 3 }, zip: 'pair' },
      { name: 'steps', range: { from: 10, to: 30, step: 10 }, zip: 'pair' },
    ],
    tags: ['one', 'two'],
  }),
);

test('a submission made into a draft and back is the same submission', (t) => {
  t.deepEqual(taskSubmissionSchema.parse(bodyOf(draft)), checkedSubmission());
  t.deepEqual(checkedSubmission().variables[0]?.values, [
    'ink',
    '7',
    7,
    true,
    null,
    { a: 1 },
    ' padded ',
    '',
  ]);
});

const checkedSubmission = () => {
  const checked = checkDraft(draft);
  if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
  return checked.submission;
};

test('values keep their type through the text they are edited as', (t) => {
  const values = [
    'plain',
    '12',
    12,
    -0.5,
    true,
    'true',
    null,
    'null',
    [1, 2],
    { a: 'b' },
    ' x',
    'a\nb',
    '"q"',
    '{{x',
  ];
  t.deepEqual(parseValuesText(valuesText(values)), values);
});

test('every example is one the contract takes', (t) => {
  for (const { submission } of examples) t.notThrows(() => taskSubmissionSchema.parse(submission));
});

test('what is wrong is told at the field it belongs to', (t) => {
  const checked = checkDraft({
    ...draft,
    name: ' ',
    batchSize: 'many',
    variables: [
      { ...emptyVariable(), values: 'a', name: '1st' },
      { ...emptyVariable(), mode: 'range', name: 'cfg', amount: '' },
    ],
  });
  if (checked.ok) return t.fail('a wrong draft passed');
  for (const path of ['/name', '/batchSize', '/variables/0/name', '/variables/1/range']) {
    t.true(issuesAt(checked.issues, path).length > 0, `${path} in ${JSON.stringify(checked.issues)}`);
  }
  t.deepEqual(issuesAt(checked.issues, '/variables/0/values'), []);
});

test('input that is no JSON is told with its line', (t) => {
  const checked = checkDraft({ ...draft, input: '{\n  "a": 1,\n  b: 2\n}' });
  if (checked.ok) return t.fail('a wrong draft passed');
  t.deepEqual(checked.issues, [{ path: '/input', message: 'is not valid JSON (line 3)' }]);
});

test('a pointer is found on its line past nested values, escapes and brackets in text', (t) => {
  const text = JSON.stringify(
    { 'a/b~': [{ text: '}]," \\' }, [1, { deep: null }], 'x'], last: { value: -1.5e3 } },
    null,
    2,
  );
  const lines = text.split('\n');
  const lineWith = (part: string): number => lines.findIndex((line) => line.includes(part)) + 1;
  t.is(lineOfPointer(text, '/a~1b~0/1/1/deep'), lineWith('"deep"'));
  t.is(lineOfPointer(text, '/a~1b~0/2'), lineWith('"x"'));
  t.is(lineOfPointer(text, '/last/value'), lineWith('"value"'));
  t.is(lineOfPointer(text, '/last/missing'), lineWith('"last"'));
  t.is(lineOfPointer('{}', ''), 1);
});

test('prompts are shown as one subtask fills them', (t) => {
  const input: Json = {
    prompts: [{ value: '{{ subject }} in {{style}}', weight: '{{w}}' }, { value: '{{unknown}}' }],
  };
  t.deepEqual(renderedPrompts(input, { subject: 'a fox', style: 'ink', w: 1.5 }), [
    { value: 'a fox in ink', weight: '1.5' },
    { value: '{{unknown}}', weight: '' },
  ]);
});
