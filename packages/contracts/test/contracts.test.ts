import test from 'ava';
import {
  DomainError,
  handedOnTaskEvents,
  imageInputSchema,
  jsonSchema,
  messageJsonSchema,
  parseInput,
  problemSchema,
  sizeOfRatio,
  subtaskJobId,
  taskEvents,
  taskResults,
  taskSubmissionSchema,
  tokenRequestSchema,
  type Issue,
} from '../src/index.ts';

const issuesOf = (parse: () => unknown): Issue[] => {
  try {
    parse();
  } catch (error) {
    if (error instanceof DomainError) return error.details.issues ?? [];
    throw error;
  }
  return [];
};

test('a ratio becomes the multiples of 8 nearest to it at 1024 * 1024 pixels', (t) => {
  t.deepEqual(sizeOfRatio('1:1'), { width: 1024, height: 1024 });
  t.deepEqual(sizeOfRatio('16:9'), { width: 1368, height: 768 });
  t.deepEqual(sizeOfRatio('9:16'), { width: 768, height: 1368 });
  t.deepEqual(sizeOfRatio('8:1'), { width: 2896, height: 360 });
});

test('a ratio beyond 8:1 or not of two whole numbers is refused', (t) => {
  for (const ratio of ['9:1', '1:9', '0:1', '1.5:1', '16x9', ':']) {
    t.false(imageInputSchema.safeParse({ prompts: [{ value: 'a' }], ratio }).success, ratio);
  }
});

test('a submission gets the defaults a person would choose', (t) => {
  const submission = taskSubmissionSchema.parse({ name: ' a ', kind: 'image.generate', input: {} });
  t.like(submission, {
    name: 'a',
    lane: 'standard',
    batchSize: 1,
    priority: 0,
    maxAttempts: 3,
    variables: [],
    tags: [],
  });
});

test('every offending path of a body is named at once, unknown fields too', (t) => {
  const issues = issuesOf(() =>
    parseInput(taskSubmissionSchema, {
      name: '',
      kind: 'Image',
      lane: 'fast',
      input: 1,
      variables: [
        { name: '1x', values: [] },
        { name: 'b', values: [1], range: { from: 0, to: 1, step: 1 } },
      ],
      colour: 'red',
    }),
  );
  t.deepEqual(issues.map(({ path }) => path).toSorted(), [
    '/colour',
    '/kind',
    '/lane',
    '/name',
    '/variables/0/name',
    '/variables/0/values',
    '/variables/1',
  ]);
});

test('paths are JSON Pointers: slashes and tildes of a key are escaped', (t) => {
  const body = { prompts: [{ value: 'a' }], 'a/b~c': 1 };
  t.deepEqual(
    issuesOf(() => parseInput(imageInputSchema, body)),
    [{ path: '/a~1b~0c', message: 'is not a known field' }],
  );
});

test('a token request is one of the two grants', (t) => {
  t.true(tokenRequestSchema.safeParse({ grant_type: 'password', username: 'a', password: 'b' }).success);
  t.true(tokenRequestSchema.safeParse({ grant_type: 'refresh_token', refresh_token: 'x' }).success);
  t.false(tokenRequestSchema.safeParse({ grant_type: 'client_credentials' }).success);
});

test("a job's message id tells its runs apart", (t) => {
  const taskId = '0192f0c1-0000-7000-8000-000000000001';
  t.not(subtaskJobId({ taskId, ordinal: 1, run: 1 }), subtaskJobId({ taskId, ordinal: 1, run: 2 }));
});

test('a problem must carry its stable code and the request it belongs to', (t) => {
  t.false(problemSchema.safeParse({ type: 'about:blank', title: 't', status: 400, detail: 'd' }).success);
});

test('what messages hold as JSON is what the API takes for it', (t) => {
  const plain: unknown[] = ['', 'a\0', 0, -1.5, true, null, [], [1, ['a', null]], {}, { a: { b: [false] } }];
  for (const value of plain) {
    t.deepEqual(messageJsonSchema.parse(value), jsonSchema.parse(value));
  }
  const others: unknown[] = [
    undefined,
    Number.NaN,
    Infinity,
    1n,
    Symbol('a'),
    () => 1,
    new Date(),
    new Map(),
    /a/,
  ];
  for (const value of [...others, ...others.flatMap((other) => [[other], { a: { b: other } }])]) {
    t.false(jsonSchema.safeParse(value).success);
    t.false(messageJsonSchema.safeParse(value).success);
  }
});

test('an event to be handed on must say whom it concerns, and stays as it came', (t) => {
  const taskId = '0198b7a4-6f7e-7c3a-9a45-000000000001';
  const head = { type: 'subtasks', taskId, ownerId: '00000000-0000-4000-8000-000000000001' };
  const ofAnotherRelease = { ...head, changes: [{ ordinal: 1, state: 'dreaming' }], more: true };
  t.throws(() => taskEvents.parse(ofAnotherRelease));
  t.is<unknown, unknown>(handedOnTaskEvents.parse(ofAnotherRelease), ofAnotherRelease);
  for (const wrong of [
    { ...head, type: 'other' },
    { ...head, ownerId: 1 },
    { type: 'subtasks', taskId },
    null,
  ])
    t.throws(() => handedOnTaskEvents.parse(wrong));
});

test('a result whose times or numbers no database could hold is refused', (t) => {
  const result = {
    type: 'failed',
    taskId: '0198b7a4-6f7e-7c3a-9a45-000000000001',
    ordinal: 0,
    run: 1,
    attempt: 1,
    at: Date.now(),
    error: { code: 'failed', message: 'no' },
    durationMs: 0.25,
  };
  t.like(taskResults.parse(result), result);
  const times = [{ at: 1e300 }, { at: -1 }, { at: Infinity }, { durationMs: 1e40 }, { durationMs: -1 }];
  for (const wrong of [...times, { ordinal: 2 ** 31 }, { run: 2 ** 31 }, { attempt: 2 ** 15 }])
    t.throws(() => taskResults.parse({ ...result, ...wrong }));
});

test('a moment that no database could hold is refused', (t) => {
  const runAt = (text: string) =>
    taskSubmissionSchema.safeParse({ name: 'later', kind: 'http.request', input: {}, runAt: text }).success;
  for (const moment of ['2026-01-31T12:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999-15:59'])
    t.true(runAt(moment), moment);
  for (const wrong of ['0000-01-01T00:00:00Z', '2026-01-31T12:00:00+16:00', '2026-01-31T12:00:00-23:59'])
    t.false(runAt(wrong), wrong);
});
