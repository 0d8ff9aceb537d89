import { createClient, type Tokens } from '@backend2/client';
import { problemSchema } from '@backend2/contracts';
import test from 'ava';
import { startRealSystem } from './real-services.ts';

const base = {
  name: 'a sweep',
  kind: 'http.request',
  input: { url: 'http://localhost/{{n}}' },
  variables: [{ name: 'n', values: [1, 2, 3] }],
};

test('a task that cannot be is refused with a problem that names every path, and nothing of it is stored', async (t) => {
  const system = await startRealSystem(
    t,
    { MAX_SUBTASKS_PER_TASK: '10' },
    { services: ['auth', 'task-intake'] },
  );
  let tokens: Tokens | undefined;
  const client = createClient({ baseUrl: system.url, onTokens: (now) => (tokens = now) });
  await client.auth.signIn(system.admin.email, system.admin.password);
  const refused = async (parts: object) => {
    const response = await fetch(`${system.url}/api/v1/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens?.accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...base, ...parts }),
    });
    t.is(response.status, 422, JSON.stringify(parts));
    t.is(response.headers.get('content-type'), 'application/problem+json; charset=utf-8');
    const problem = problemSchema.parse(await response.json());
    t.is(problem.code, 'validation_failed');
    t.is(response.headers.get('x-request-id'), problem.requestId);
    return (problem.errors ?? []).map(({ path, message }) => `${path} ${message}`);
  };
  t.deepEqual(await refused({ input: { url: 'http://localhost/{{m}}', body: '{{k}}' } }), [
    '/input/url {{m}} names no variable; the variables are n',
    '/input/body {{k}} names no variable; the variables are n',
    '/variables/0 "n" is not used: put {{n}} into the input',
  ]);
  t.deepEqual(await refused({ batchSize: 4 }), ['/variables make 12 subtasks; 10 are allowed at the most']);
  t.deepEqual(await refused({ kind: 'image.unknown' }), [
    '/kind "image.unknown" is not a known kind of the lane standard; known are image.generate, http.request',
  ]);
  t.deepEqual(await refused({ lane: 'express' }), [
    '/lane Invalid option: expected one of "standard"|"lumina"',
  ]);
  const mixed = { variables: [{ name: 'n', values: ['http://localhost/', 2] }] };
  const wrong = await refused({ ...mixed, input: { url: '{{n}}', headers: { a: '{{n}}' } } });
  t.deepEqual(wrong, [
    '/variables/0/values/1 as /input/url: Invalid input: expected string, received number',
    '/variables/0/values/1 as /input/headers/a: Invalid input: expected string, received number',
  ]);
  const untyped = { variables: [], input: { url: 5, method: 'LOOK' } };
  t.deepEqual((await refused(untyped)).map((issue) => issue.replace(/ .*/, '')).toSorted(), [
    '/input/method',
    '/input/url',
  ]);
  t.deepEqual((await client.tasks.list()).items, []);
});
